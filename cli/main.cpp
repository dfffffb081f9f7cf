#include "cli/run_cli.h"

int main(int argc, char **argv) { return hotloop::cli::runProcess(argc, argv); }
