#include "reference_moe/run/app.h"

int main(int argc, char **argv) { return hotloop::moe::runApp(argc, argv); }
