// bench_symbolize [benchmark flags] [library or program]...
// Symbolises 10,000 distinct places spread over the code of each file (this program when none is
// named), in rising order and shuffled. Counters: places that got a name; that got a line; peak of
// anonymous memory, which is true for the first file of a process (later ones reuse its heap).
#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "core/symbolize/symbolizer.h"

namespace hotloop {
namespace {

constexpr std::size_t kPlaces = 10000;

struct Segment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// The executable segment of a 64-bit ELF file.
Segment codeOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header = {};
  file.read(reinterpret_cast<char *>(&header), sizeof(header));
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  Segment code;
  for (int i = 0; file && i < header.e_phnum; ++i) {
    Elf64_Phdr segment = {};
    file.read(reinterpret_cast<char *>(&segment), sizeof(segment));
    if (file && segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      code = {segment.p_vaddr, segment.p_vaddr + segment.p_memsz};
    }
  }
  return code;
}

// Anonymous resident memory in bytes: what is ours, without the pages of mapped files.
double anonymousBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(8)) * 1024;
  }
  return 0;
}

void symbolize(benchmark::State &state, const std::string &path, bool shuffled) {
  const Segment code = codeOf(path);
  if (code.end <= code.begin) {
    state.SkipWithError("not a 64-bit ELF file with code");
    return;
  }
  std::vector<std::uint64_t> offsets(kPlaces);
  for (std::size_t i = 0; i < kPlaces; ++i) {
    offsets[i] = code.begin + (code.end - code.begin) * i / kPlaces + 1;
  }
  if (shuffled) std::shuffle(offsets.begin(), offsets.end(), std::mt19937_64(1));

  double named = 0;
  double lines = 0;
  double peak = 0;
  const double before = anonymousBytes();
  for (auto _ : state) {
    Symbolizer symbolizer;
    const std::uint32_t module = symbolizer.addModule(path);
    named = lines = 0;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const NativePlace &place = symbolizer.returnAddress(module, offsets[i]);
      named += place.quality <= PlaceQuality::kFunction;
      lines += place.quality == PlaceQuality::kLine;
      if (i % 500 == 499) peak = std::max(peak, anonymousBytes() - before);
    }
  }
  state.counters["named"] = named;
  state.counters["with_line"] = lines;
  state.counters["peak_MB"] = peak / 1e6;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPlaces));
}

} // namespace
} // namespace hotloop

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::string> files(argv + 1, argv + argc);
  if (files.empty()) files.push_back("/proc/self/exe");
  for (const std::string &file : files) {
    const std::string name = file.substr(file.rfind('/') + 1);
    for (const bool shuffled : {false, true}) {
      benchmark::RegisterBenchmark(
          (name + (shuffled ? "/shuffled" : "/rising")).c_str(),
          [file, shuffled](benchmark::State &state) { hotloop::symbolize(state, file, shuffled); })
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
