#include "analyzers/timeline/edit.h"

namespace hotloop {

bool Edit::empty() const {
  return cuts.empty() && drop.empty() && unblock.empty() && duration.empty() && gap.empty() &&
         addedHost.empty() && addedFixed.empty() && workDuration.empty() && workStream.empty() &&
         deferred.empty() && graphs.empty() && !graphStep;
}

Edit noEdit(std::string name, std::string why) {
  Edit edit;
  edit.name = std::move(name);
  edit.whyNone = std::move(why);
  return edit;
}

Edit combine(const std::vector<Edit> &edits) {
  Edit sum;
  sum.knowsLines = true;
  const auto append = [](auto &to, const auto &from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (const Edit &edit : edits) {
    if (!sum.name.empty()) sum.name += " + ";
    sum.name += edit.name;
    append(sum.cuts, edit.cuts);
    append(sum.drop, edit.drop);
    append(sum.unblock, edit.unblock);
    append(sum.duration, edit.duration);
    append(sum.gap, edit.gap);
    append(sum.addedHost, edit.addedHost);
    append(sum.addedFixed, edit.addedFixed);
    append(sum.workDuration, edit.workDuration);
    append(sum.workStream, edit.workStream);
    append(sum.deferred, edit.deferred);
    append(sum.graphs, edit.graphs);
    sum.graphStep = sum.graphStep || edit.graphStep;
    if (edit.sourceLines) sum.knowsLines = sum.knowsLines && edit.knowsLines;
    sum.sourceLines = sum.sourceLines || edit.sourceLines;
    sum.dense = sum.dense || edit.dense;
    sum.modelled = sum.modelled || edit.modelled;
    if (!edit.note.empty()) sum.note += (sum.note.empty() ? "" : " ") + edit.note;
    if (sum.whyNone.empty()) sum.whyNone = edit.whyNone;
  }
  // One edit's range, with the others as they are.
  for (std::size_t i = 0; i < edits.size(); ++i) {
    for (const Edit &alternative : edits[i].alternatives) {
      std::vector<Edit> varied(edits.begin(), edits.end());
      for (Edit &edit : varied) edit.alternatives.clear();
      varied[i] = alternative;
      varied[i].alternatives.clear();
      sum.alternatives.push_back(combine(varied));
    }
  }
  return sum;
}

} // namespace hotloop
