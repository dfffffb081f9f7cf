#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/report/report.h"

// Pieces of JSON that several outputs share. Sources that use them include nlohmann/json.hpp
// themselves.
namespace hotloop {

using Json = nlohmann::ordered_json;

Json runJson(const ReportRun &run);
Json stepsJson(const StepFigures &steps);   // total, steady, period_ms, ...
Json perStepJson(const StepFigures &steps); // operators, launches, ..., felt
Json qualityJson(const std::vector<QualityNote> &quality);
Json siteJson(const Site &site);
Json tableRowsJson(const ReportTable &table); // an array of objects by column key
// A time in ms to the nanosecond; a count as a whole number where it is one.
Json millisecondsJson(double milliseconds);
Json countJson(double count);
Json exitJson(const ReportExit &exit);

// Indented by two, with a line end.
std::string dumpJson(const Json &json);

} // namespace hotloop
