#include "cli/doctor/checks.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/statvfs.h>

#include "cli/build_info.h"
#include "cli/program_path.h"
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
  for (const char *name : {"libcupti.so.13", "libcupti.so.12", "libcupti.so"})
    if (canOpen(name)) return {"CUPTI", CheckState::kOk, name, {}};
  return {"CUPTI", CheckState::kWarn, "libcupti.so not found on the library path",
          "needed on a machine with a GPU only; it comes with CUDA, and with torch's "
          "nvidia-cuda-cupti wheel"};
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
