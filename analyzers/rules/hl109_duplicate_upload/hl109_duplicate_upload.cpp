#include "analyzers/rules/rule_input.h"

namespace hotloop {

namespace {

// Two copies are the same when their bytes are; no source of records holds addresses or contents.
RuleOutcome run(const RuleInput &input) {
  RuleOutcome outcome;
  outcome.notChecked = input.trace->memcpys.start.empty()
                           ? "The run has no copies."
                           : "The run's copies carry neither addresses nor contents, so repeated "
                             "ones cannot be told.";
  return outcome;
}

} // namespace

Rule hl109DuplicateUpload() {
  return {"HL109", "duplicate_upload", "The same data is copied to the device in every step", run};
}

} // namespace hotloop
