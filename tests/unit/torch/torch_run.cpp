#include "tests/unit/torch/torch_run.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "collectors/inject/recorder.h"
#include "core/store/run_reader.h"

namespace hotloop::testing {

std::string torchPython() {
  static const std::string found = [] {
    const char *named = std::getenv("HOTLOOP_TEST_TORCH_PYTHON");
    const std::string python = named != nullptr ? named : HOTLOOP_TORCH_PYTHON;
    const std::string command = "'" + python + "' -c 'import torch' >/dev/null 2>&1";
    return !python.empty() && std::system(command.c_str()) == 0 ? python : std::string();
  }();
  return found;
}

std::string torchScript() { return HOTLOOP_TORCH_SCRIPT; }
std::string torchProgram() { return HOTLOOP_TORCH_TARGET; }

TraceView recordTorch(std::vector<std::string> command, const std::string &output) {
  std::string pattern = (std::filesystem::temp_directory_path() / "hotloop-torch-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("no temporary folder");
  }
  if (!output.empty()) { // `record` leaves the standard streams alone
    command.insert(command.begin(),
                   {"/bin/sh", "-c", "exec \"$@\" >'" + output + "' 2>/dev/null", "sh"});
  }
  RecordOptions options;
  options.command = command;
  options.output = pattern + "/run.hotloop";
  options.injectLibrary = HOTLOOP_INJECT_LIBRARY;
  const auto outcome = record(options);
  auto run = outcome ? loadRun(options.output) : Result<TraceView>(Unexpected(outcome.error()));
  std::error_code ignored;
  std::filesystem::remove_all(pattern, ignored);
  if (!run) {
    throw std::runtime_error(run.error().message);
  }
  if (outcome->exitStatus != 0) {
    throw std::runtime_error(command.back() + " exited with " +
                             std::to_string(outcome->exitStatus));
  }
  if (outcome->dropped != 0) {
    throw std::runtime_error("records were dropped");
  }
  return std::move(*run);
}

std::vector<Op> opsOf(const TraceView &run) {
  const TraceData &data = *run;
  std::vector<Op> ops;
  for (std::size_t i = 0; i < data.ops.start.size(); ++i) {
    Op op{};
    op.name = run.text(data.ops.name[i]);
    op.thread = data.ops.lane[i].value;
    op.start = data.ops.start[i].count;
    op.end = op.start + data.ops.duration[i].count;
    op.scope = static_cast<int>(data.ops.scope[i]);
    op.depth = data.ops.depth[i];
    op.sequence = data.ops.sequence[i];
    op.forwardThread = data.ops.forwardThread[i];
    op.stack = data.ops.stack[i];
    if (const std::uint32_t location = data.ops.location[i].value; location != 0) {
      op.function = run.text(data.frames.function[location - 1]);
      op.file = run.text(data.frames.file[location - 1]);
      op.line = data.frames.line[location - 1];
      op.user = data.frames.user[location - 1];
    }
    ops.push_back(op);
  }
  return ops;
}

std::vector<std::string> namesOf(const std::vector<Op> &ops) {
  std::vector<std::string> names;
  for (const Op &op : ops) {
    names.push_back(op.name);
  }
  return names;
}

std::vector<StackFrame> stackOf(const TraceView &run, StackId innermost) {
  const TraceData &data = *run;
  std::vector<StackFrame> frames;
  for (std::uint32_t row = innermost.value; row != 0; row = data.stacks.parent[row - 1].value) {
    const std::uint32_t frame = data.stacks.frame[row - 1].value;
    frames.push_back({data.frames.kind[frame - 1] == FrameKind::kPython,
                      std::string(run.text(data.frames.function[frame - 1])),
                      std::string(run.text(data.frames.file[frame - 1])),
                      data.frames.line[frame - 1],
                      std::string(run.text(data.frames.module[frame - 1]))});
  }
  return frames;
}

std::uint32_t lineMarked(const std::string &file, const std::string &mark) {
  std::ifstream in(file);
  std::uint32_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.ends_with("line: " + mark)) {
      return number;
    }
  }
  throw std::runtime_error("no line of " + file + " is marked " + mark);
}

std::string qualitySentence(const TraceView &run, std::string_view name) {
  for (std::size_t i = 0; i < run->quality.name.size(); ++i) {
    if (run.text(run->quality.name[i]) == name) {
      return std::string(run.text(run->quality.message[i]));
    }
  }
  return {};
}

} // namespace hotloop::testing
