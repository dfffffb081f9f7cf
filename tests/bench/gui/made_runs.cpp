#include <filesystem>
#include <fmt/format.h>

#include "core/store/run_writer.h"
#include "tests/bench/gui/rank_sink.h"
#include "tests/bench/gui/sections.h"
#include "tests/support/make_run.h"

namespace hotloop::gui_bench {

Result<std::string> madeRun(const std::string &folder, std::uint64_t events, std::uint32_t ranks,
                            std::uint64_t seed) {
  std::filesystem::create_directories(folder);
  const std::string path = folder + fmt::format("/gui_bench_{}_{}_{}.hotloop", events, ranks, seed);
  if (std::filesystem::exists(path)) return path;
  HOTLOOP_ASSIGN(const auto writer, RunWriter::create(path));
  test_support::MakeRunOptions options;
  options.events = (events + ranks - 1) / ranks;
  options.device = true;
  options.plants = {test_support::Plant::kItem, test_support::Plant::kExpertLoop};
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    RankSink sink(*writer, rank);
    options.seed = seed + rank;
    HOTLOOP_TRY(test_support::makeRun(sink, options));
  }
  HOTLOOP_TRY(writer->finalise(RunState::kClean));
  return path;
}

} // namespace hotloop::gui_bench
