#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/trace/trace_view.h"

// Records the LibTorch programs of targets/ and reads what came of it.
namespace hotloop::testing {

// The interpreter that has the LibTorch we were built with, or the one named by
// HOTLOOP_TEST_TORCH_PYTHON; "" when it cannot import torch.
std::string torchPython();
std::string torchScript();
std::string torchProgram();

// Runs `command` recorded, its standard output into `output` where that is given. Throws, as a
// test's failure, when it cannot be recorded or does not exit with 0.
TraceView recordTorch(std::vector<std::string> command, const std::string &output = {});

// One operator, with what it refers to.
struct Op {
  std::string name;
  std::uint32_t thread;
  std::int64_t start, end;
  int scope, depth;
  std::int64_t sequence;
  std::uint32_t forwardThread;
  std::string function, file; // of its Python location
  std::uint32_t line;
  bool user;
  StackId stack;
};
std::vector<Op> opsOf(const TraceView &run);
std::vector<std::string> namesOf(const std::vector<Op> &ops);

struct StackFrame {
  bool python;
  std::string function, file;
  std::uint32_t line;
  std::string module;
};
std::vector<StackFrame> stackOf(const TraceView &run, StackId innermost); // innermost first

// Line of the source file that carries "line: <mark>".
std::uint32_t lineMarked(const std::string &file, const std::string &mark);

// The sentence of a quality row; "" when there is none.
std::string qualitySentence(const TraceView &run, std::string_view name);

} // namespace hotloop::testing
