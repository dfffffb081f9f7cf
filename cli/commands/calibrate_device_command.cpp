#include "cli/commands/calibrate_device_command.h"

#include "cli/arguments/common_flags.h"
#include "cli/device_profile/measure.h"
#include "cli/status_line.h"

namespace hotloop::cli {

namespace {

Result<int> run(const CommandContext &context) {
  const std::string given = context.arguments.text("python");
  StatusLine status(context);
  status.show("measuring launches, copies and matrix products; about a minute");
  HOTLOOP_ASSIGN(const std::string profile, measureDevice(given.empty() ? "python3" : given));
  HOTLOOP_TRY(context.emit(profile));
  return kExitOk;
}

} // namespace

Command calibrateDeviceCommand() {
  return {"calibrate-device",
          "measure this machine's GPU for hotloop whatif",
          {{{"python", 0, FlagValue::kFile, "PROGRAM", {}, false}, kOutputFlag, kForceFlag}, {}},
          run};
}

} // namespace hotloop::cli
