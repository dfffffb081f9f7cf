// How EventImporter finds the correlation ids that events lack.

#include "collectors/import/kineto/event_importer.h"

namespace hotloop::kineto {

namespace {

SlicePlace placeOf(const Event &event, Nanoseconds start) {
  return {integerOf(event.get(Field::kProcess)).value_or(0),
          integerOf(event.get(Field::kThread)).value_or(0), start};
}

} // namespace

void EventImporter::addFlow(const Event &event) {
  ++notKept_["flows"];
  if (!flows_.wanted() || event.get(Field::kCategory).text != "ac2g") return;
  const auto start = nanosecondsOf(event.get(Field::kTime));
  if (!start) return;
  const auto id = integerOf(event.get(Field::kId)).value_or(0);
  flows_.addFlow(placeOf(event, Nanoseconds(*start)), static_cast<std::uint32_t>(id));
}

void EventImporter::link(const Event &event, Span span, const FlowLinks::Row &row,
                         std::uint32_t correlation) {
  if (correlation != 0) return write(row);
  flows_.hold(placeOf(event, span.start), row);
}

void EventImporter::write(const FlowLinks::Row &row) {
  if (const auto *call = std::get_if<FlowLinks::Call>(&row)) {
    links_.addCall(call->row, call->role);
    sink_.add(call->row);
  } else if (const auto *kernel = std::get_if<KernelEvent>(&row)) {
    links_.addDeviceWork(kernel->correlation);
    sink_.add(*kernel);
  } else if (const auto *copy = std::get_if<MemcpyEvent>(&row)) {
    links_.addCopy(*copy);
  } else if (const auto *fill = std::get_if<MemsetEvent>(&row)) {
    links_.addDeviceWork(fill->correlation);
    sink_.add(*fill);
  }
}

} // namespace hotloop::kineto
