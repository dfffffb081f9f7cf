#include <array>

#include "cli/command.h"
#include "cli/commands/ab_command.h"
#include "cli/commands/advise_command.h"
#include "cli/commands/baseline_command.h"
#include "cli/commands/bisect_command.h"
#include "cli/commands/budget_command.h"
#include "cli/commands/calibrate_command.h"
#include "cli/commands/calibrate_device_command.h"
#include "cli/commands/check_command.h"
#include "cli/commands/completion_command.h"
#include "cli/commands/diff_command.h"
#include "cli/commands/doctor_command.h"
#include "cli/commands/export_command.h"
#include "cli/commands/help_command.h"
#include "cli/commands/history_command.h"
#include "cli/commands/import_command.h"
#include "cli/commands/info_command.h"
#include "cli/commands/prove_command.h"
#include "cli/commands/query_command.h"
#include "cli/commands/record_command.h"
#include "cli/commands/render_command.h"
#include "cli/commands/rules_command.h"
#include "cli/commands/selftest_gate_command.h"
#include "cli/commands/stats_command.h"
#include "cli/commands/sweep_command.h"
#include "cli/commands/version_command.h"
#include "cli/commands/view_command.h"
#include "cli/commands/whatif_command.h"

namespace hotloop::cli {

std::span<const Command> commands() {
  static const std::array list = {
      recordCommand(),     adviseCommand(),    statsCommand(),        diffCommand(),
      whatifCommand(),     proveCommand(),     checkCommand(),        baselineCommand(),
      abCommand(),         calibrateCommand(), sweepCommand(),        budgetCommand(),
      historyCommand(),    bisectCommand(),    selftestGateCommand(), infoCommand(),
      importCommand(),     exportCommand(),    queryCommand(),        viewCommand(),
      renderCommand(),     rulesCommand(),     doctorCommand(),       calibrateDeviceCommand(),
      completionCommand(), helpCommand(),      versionCommand(),
  };
  return list;
}

} // namespace hotloop::cli
