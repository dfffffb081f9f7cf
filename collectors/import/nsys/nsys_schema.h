#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/store/database.h"

namespace hotloop::nsys {

// Which tables and columns this export has: both come and go with the version of nsys, and a table
// is there only when something was recorded for it. Views and virtual tables count as absent, so
// that nothing but plain rows is ever read.
class Schema {
public:
  static Result<Schema> read(Database &database);

  bool has(std::string_view table) const { return tables_.contains(table); }
  bool has(std::string_view table, std::string_view column) const;
  // SELECT of these columns in this order; NULL in place of those that the table lacks.
  std::string select(std::string_view table, std::initializer_list<std::string_view> columns) const;
  // The same for Database::forEachOf(): columns without a name where the table lacks them.
  std::vector<Database::Column> columns(std::string_view table,
                                        std::initializer_list<Database::Column> wanted) const;
  // Every table's name.
  std::set<std::string> names() const;

private:
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> tables_;
};

} // namespace hotloop::nsys
