#include "cli/doctor/checks.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/statvfs.h>

#include "cli/build_info.h"
#include "cli/program_path.h"
#include "collectors/inject/cupti_search.h"
#include "collectors/inject/recorder.h"

namespace hotloop::cli {

namespace {

namespace fs = std::filesystem;

bool canOpen(const char *library) {
  void *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  if (handle != nullptr) dlclose(handle);
  return handle != nullptr;
}

bool fileExists(const fs::path &path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// First line that `command` prints; empty when it fails.
std::string firstLine(const std::string &command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE *)> pipe(
      popen((command + " 2>/dev/null").c_str(), "r"), pclose);
  std::array<char, 256> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return {};
  std::string text(line.data());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Check checkLibrary(const Result<std::string> &library) {
  if (library) return {"libhotloop", CheckState::kOk, *library, {}};
  return {"libhotloop", CheckState::kFail, "not found", library.error().message};
}

Check checkUnwinder(const Result<std::string> &library) {
  const fs::path beside =
      library ? fs::path(*library).parent_path() / "libunwind.so.8" : fs::path();
  if (library && fileExists(beside)) return {"libunwind", CheckState::kOk, beside.string(), {}};
  if (canOpen("libunwind.so.8"))
    return {"libunwind", CheckState::kOk, "libunwind.so.8 of the system", {}};
  return {"libunwind", CheckState::kWarn, "libunwind.so.8 not found",
          "C++ call sites are not recorded; install libunwind8"};
}

std::string installedTorch(const Surroundings &surroundings) {
  if (findBesideOrOnPath("python3", surroundings).empty()) return {};
  return firstLine("python3 -c 'import importlib.metadata as m; print(m.version(\"torch\"))'");
}

Check checkTorch(const Result<std::string> &library, const Surroundings &surroundings) {
  const bool plugin =
      library && fileExists(fs::path(*library).parent_path() / "libhotloop_torch.so");
  std::string builtFor;
  for (const BuildFeature &feature : buildInfo().features)
    if (feature.name == "torch" && feature.present && plugin) builtFor = feature.version;
  return judgeTorch(builtFor, installedTorch(surroundings));
}

void addPythons(std::vector<Check> &checks, const Surroundings &surroundings) {
  for (const char *name : {"python3", "python3.11", "python3.12", "python3.13"}) {
    if (findBesideOrOnPath(name, surroundings).empty()) continue;
    const std::string version = firstLine(
        std::string(name) + " -c 'import sys; print(sys.version_info[0], sys.version_info[1])'");
    int major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "%d %d", &major, &minor) == 2)
      checks.push_back(judgePython(name, major, minor));
    else
      checks.push_back({"python", CheckState::kWarn, std::string(name) + " does not start",
                        "repair it, or take it off PATH"});
  }
  if (checks.empty() || checks.back().name != "python")
    checks.push_back({"python", CheckState::kOk, "no python3 on PATH", {}});
}

Check checkSharedMemory() {
  constexpr const char *kFolder = "/dev/shm";
  struct statvfs room{};
  if (statvfs(kFolder, &room) != 0)
    return {"shared memory", CheckState::kFail, "/dev/shm is missing", "mount a tmpfs on /dev/shm"};
  return judgeSharedMemory(kFolder, std::uint64_t{room.f_bavail} * room.f_frsize);
}

std::string readAll(const char *path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Check checkClock() {
  const std::string cpu = readAll("/proc/cpuinfo");
  const std::size_t flags = cpu.find("\nflags");
  std::string source = readAll("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  while (!source.empty() && source.back() == '\n') source.pop_back();
  return judgeClock(flags == std::string::npos
                        ? std::string()
                        : cpu.substr(flags + 1, cpu.find('\n', flags + 1) - flags - 1),
                    source);
}

Check checkDriver() {
  const std::string version = readAll("/proc/driver/nvidia/version");
  if (canOpen("libcuda.so.1"))
    return {"CUDA driver",
            CheckState::kOk,
            version.empty() ? "libcuda.so.1" : version.substr(0, version.find('\n')),
            {}};
  return {"CUDA driver", CheckState::kWarn, "none (libcuda.so.1 not found)",
          "without a GPU hotloop counts what one would see, and says \"would\""};
}

Check checkCupti() {
  const auto features = buildInfo().features;
  const auto feature = std::find_if(features.begin(), features.end(),
                                    [](const BuildFeature &f) { return f.name == "cupti"; });
  if (feature == features.end() || !feature->present)
    return {"CUPTI", CheckState::kWarn, "this build has no CUDA collector",
            "CUDA is not recorded; build with HOTLOOP_WITH_CUPTI=ON"};
  const char *chosen = std::getenv("HOTLOOP_CUPTI_PATH");
  if (chosen != nullptr && *chosen != 0)
    return canOpen(chosen)
               ? Check{"CUPTI", CheckState::kOk, std::string(chosen) + " (HOTLOOP_CUPTI_PATH)", {}}
               : Check{
                     "CUPTI", CheckState::kFail, std::string(chosen) + " cannot be opened",
                     "HOTLOOP_CUPTI_PATH must name a libcupti.so.13; unset it to let hotloop look"};
  if (canOpen("libcupti.so.13"))
    return {"CUPTI", CheckState::kOk, "libcupti.so.13 on the library path", {}};
  for (const char *path : {"/usr/local/cuda/lib64/libcupti.so.13",
                           "/usr/local/cuda/extras/CUPTI/lib64/libcupti.so.13"})
    if (canOpen(path)) return {"CUPTI", CheckState::kOk, path, {}};
  if (const std::string found = findCupti(); !found.empty() && canOpen(found.c_str()))
    return {"CUPTI", CheckState::kOk, found, {}};
  for (const char *name : {"libcupti.so.12", "libcupti.so"})
    if (canOpen(name))
      return {"CUPTI", CheckState::kWarn, std::string(name) + " is there, libcupti.so.13 is not",
              "CUDA is recorded through CUPTI 13 (CUDA 13) only; everything else is recorded"};
  return {"CUPTI", CheckState::kWarn, "libcupti.so.13 not found",
          "needed on a machine with a GPU only, and brought by programs that use PyTorch for CUDA "
          "13; for "
          "others it comes with CUDA 13, or set HOTLOOP_CUPTI_PATH"};
}

} // namespace

std::vector<Check> runChecks(const Surroundings &surroundings) {
  const auto library = findInjectLibrary();
  std::vector<Check> checks{checkLibrary(library), checkUnwinder(library),
                            checkTorch(library, surroundings)};
  addPythons(checks, surroundings);
  checks.push_back(checkSharedMemory());
  checks.push_back(checkClock());
  checks.push_back(checkDriver());
  checks.push_back(checkCupti());
  return checks;
}

} // namespace hotloop::cli
