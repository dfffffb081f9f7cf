#include "gui/data/source_costs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/trace/meta_keys.h"

namespace hotloop::gui {
namespace {

constexpr std::size_t kLongestLine = 400;
constexpr std::uintmax_t kLargestFile = 16u << 20;

} // namespace

std::vector<SourceFile> sourceFiles(const RunDocument &document) {
  std::map<std::string, std::map<std::uint32_t, LineCost>> files;
  for (const CostRow &row : document.analysis.sites) {
    if (row.site.file.empty()) continue;
    LineCost &line = files[row.site.file][row.site.line];
    line.selfTime += row.selfTime.count;
    line.operators += row.perStep;
    line.launches += row.launches;
    line.hostSyncs += row.hostSyncs;
    line.allocations += row.allocations;
  }
  for (std::size_t i = 0; i < document.analysis.findings.size(); ++i) {
    const Site &site = document.analysis.findings[i].site;
    if (!site.file.empty()) files[site.file][site.line].findings.push_back(static_cast<int>(i + 1));
  }
  std::vector<SourceFile> list;
  for (auto &[path, lines] : files) {
    SourceFile file;
    file.path = path;
    for (auto &[number, line] : lines) {
      line.line = number;
      file.selfTime += line.selfTime;
      file.lines.push_back(std::move(line));
    }
    list.push_back(std::move(file));
  }
  std::stable_sort(list.begin(), list.end(), [](const SourceFile &a, const SourceFile &b) {
    return a.selfTime > b.selfTime;
  });
  return list;
}

std::vector<std::string> readSource(const RunDocument &document, const std::string &path,
                                    std::size_t mostLines, std::string &where) {
  namespace fs = std::filesystem;
  where.clear();
  std::vector<std::string> lines;
  const fs::path recorded(path);
  const fs::path folder(std::string(document.metaValue(meta_key::kWorkingDirectory)));
  const fs::path beside = fs::path(document.path).parent_path();
  std::vector<fs::path> candidates{recorded};
  if (recorded.is_relative()) {
    candidates = {folder / recorded, beside / recorded};
  } else {
    candidates.push_back(beside / recorded.filename());
  }
  for (const fs::path &candidate : candidates) {
    std::error_code error;
    if (!fs::is_regular_file(candidate, error) || fs::file_size(candidate, error) > kLargestFile)
      continue;
    std::ifstream file(candidate);
    std::string line;
    while (lines.size() < mostLines && std::getline(file, line)) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      lines.push_back(line.substr(0, kLongestLine));
    }
    if (lines.empty()) continue;
    where = candidate.string();
    return lines;
  }
  return lines;
}

} // namespace hotloop::gui
