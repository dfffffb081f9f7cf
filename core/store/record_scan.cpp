#include "core/store/record_scan.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace hotloop {

namespace {

constexpr std::size_t kFileHeader = 100;
constexpr unsigned char kInterior = 0x05, kLeaf = 0x0d; // pages of a table
constexpr std::size_t kInteriorHead = 12, kLeafHead = 8;
constexpr std::size_t kSlack = 16; // behind a page: integers are read as 8 bytes, varints as 9

std::uint32_t big16(const unsigned char *p) { return std::uint32_t{p[0]} << 8 | p[1]; }
std::uint32_t big32(const unsigned char *p) { return big16(p) << 16 | big16(p + 2); }

// At most 9 bytes, which the caller can read.
std::uint64_t varint(const unsigned char *&p) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) {
    value = value << 7 | (*p & 0x7f);
    if ((*p++ & 0x80) == 0) return value;
  }
  return value << 8 | *p++;
}

// Big-endian two's complement of 1 to 8 bytes.
std::int64_t integer(const unsigned char *p, unsigned bytes) {
  std::uint64_t raw = 0;
  std::memcpy(&raw, p, sizeof raw);
  if constexpr (std::endian::native == std::endian::little) raw = __builtin_bswap64(raw);
  return static_cast<std::int64_t>(raw) >> (64 - 8 * bytes);
}

struct Column {
  std::string name;
  bool isRowid = false;
  bool isReal = false; // by affinity (sqlite.org/datatype3.html, 3.1)
};

bool realAffinity(std::string type) {
  for (char &c : type) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto has = [&](const char *word) { return type.find(word) != std::string::npos; };
  return !has("INT") && !has("CHAR") && !has("CLOB") && !has("TEXT") && !has("BLOB") &&
         (has("REAL") || has("FLOA") || has("DOUB"));
}

// Columns in the order of the record; empty when some are not stored.
std::vector<Column> columnsOf(sqlite3 *connection, std::string_view table) {
  std::vector<Column> columns;
  // Columns of the answer: 1 name, 2 type, 5 place in the key, 6 hidden.
  const auto statement =
      prepare(connection, "PRAGMA main.table_xinfo(" + quotedName(table) + ")", "");
  if (!statement) return columns;
  int keys = 0;
  while (sqlite3_step(statement->get()) == SQLITE_ROW) {
    if (sqlite3_column_int(statement->get(), 6) != 0) return {};
    Column column{std::string(columnText(statement->get(), 1)), false,
                  realAffinity(std::string(columnText(statement->get(), 2)))};
    const bool key = sqlite3_column_int(statement->get(), 5) > 0;
    keys += key ? 1 : 0;
    column.isRowid = key && sqlite3_stricmp(std::string(columnText(statement->get(), 2)).c_str(),
                                            "INTEGER") == 0;
    columns.push_back(std::move(column));
  }
  if (keys > 1) {
    for (Column &column : columns) column.isRowid = false;
  }
  return columns;
}

std::int64_t rootOf(sqlite3 *connection, std::string_view table) {
  const auto statement = prepare(
      connection, "SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = ?1", "");
  if (!statement) return 0;
  sqlite3_bind_text(statement->get(), 1, table.data(), static_cast<int>(table.size()),
                    SQLITE_TRANSIENT);
  return sqlite3_step(statement->get()) == SQLITE_ROW ? sqlite3_column_int64(statement->get(), 0)
                                                      : 0;
}

} // namespace

std::optional<RecordScan> RecordScan::open(sqlite3 *connection, std::string_view table,
                                           std::span<const std::string_view> columns, Types types) {
  RecordScan scan;
  scan.types_ = {types.texts << 1, types.reals << 1};
  if (columns.size() >= kMostColumns ||
      sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &scan.file_) !=
          SQLITE_OK ||
      scan.file_ == nullptr || scan.file_->pMethods == nullptr) {
    return std::nullopt;
  }
  std::array<unsigned char, kFileHeader> head{};
  sqlite3_int64 bytes = 0;
  if (scan.file_->pMethods->xFileSize(scan.file_, &bytes) != SQLITE_OK ||
      scan.file_->pMethods->xRead(scan.file_, head.data(), kFileHeader, 0) != SQLITE_OK) {
    return std::nullopt;
  }
  // Versions 2 have a WAL, which may hold newer pages.
  if (head[18] != 1 || head[19] != 1) return std::nullopt;
  constexpr std::uint32_t kUtf8 = 1;
  if (types.texts != 0 && big32(head.data() + 56) != kUtf8) return std::nullopt;
  scan.pageBytes_ = big16(head.data() + 16);
  if (scan.pageBytes_ == 1) scan.pageBytes_ = 65536;
  if (scan.pageBytes_ < 512 || !std::has_single_bit(scan.pageBytes_)) return std::nullopt;
  scan.usable_ = scan.pageBytes_ - head[20];
  if (scan.usable_ < 480) return std::nullopt;
  const std::uint64_t pages = static_cast<std::uint64_t>(bytes) / scan.pageBytes_;
  scan.pageCount_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(pages, 0xfffffffeu));

  const std::vector<Column> stored = columnsOf(connection, table);
  const std::int64_t root = rootOf(connection, table);
  if (stored.empty() || stored.size() > kMostPlaces || root < 2 || root > scan.pageCount_)
    return std::nullopt;
  // What hides the rowid from those who go on from here.
  for (const Column &column : stored)
    for (const char *name : {"rowid", "_rowid_", "oid"})
      if (!column.isRowid && sqlite3_stricmp(column.name.c_str(), name) == 0) return std::nullopt;
  scan.root_ = static_cast<std::uint32_t>(root);
  scan.wanted_.fill(-1);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto found = std::find_if(stored.begin(), stored.end(), [&](const Column &column) {
      return column.name == columns[i];
    });
    if (found == stored.end()) return std::nullopt;
    const auto place = static_cast<std::size_t>(found - stored.begin());
    if (scan.wanted_[place] >= 0) return std::nullopt; // asked for twice
    scan.wanted_[place] = static_cast<std::int8_t>(i + 1);
    scan.places_ = std::max(scan.places_, place + 1);
    if (found->isRowid) scan.rowidPlace_ = place;
    if (found->isReal) scan.realColumns_ |= 1u << (i + 1);
  }
  return scan;
}

RecordScan::End RecordScan::read(std::int64_t first, std::int64_t last, std::int64_t &next,
                                 const Visit &visit) {
  first_ = next_ = first;
  last_ = last;
  pagesLeft_ = pageCount_;
  stopped_ = false;
  const bool done = first > last || walk(root_, 0, visit);
  next = next_;
  if (stopped_) return End::kStopped;
  return done ? End::kDone : End::kUnknown;
}

bool RecordScan::walk(std::uint32_t number, std::size_t depth, const Visit &visit) {
  if (depth >= kMostDepth || number < 2 || number > pageCount_ || pagesLeft_ == 0) return false;
  --pagesLeft_; // a damaged tree may have circles
  std::vector<unsigned char> &bytes = pages_[depth];
  bytes.resize(pageBytes_ + kSlack);
  const auto offset =
      static_cast<sqlite3_int64>(number - 1) * static_cast<sqlite3_int64>(pageBytes_);
  if (file_->pMethods->xRead(file_, bytes.data(), static_cast<int>(pageBytes_), offset) !=
      SQLITE_OK) {
    return false;
  }
  if (bytes[0] == kInterior) return walkInterior(bytes.data(), depth, visit);
  return bytes[0] == kLeaf && walkLeaf(bytes.data(), visit);
}

bool RecordScan::walkInterior(const unsigned char *page, std::size_t depth, const Visit &visit) {
  const std::size_t cells = big16(page + 3);
  if (kInteriorHead + 2 * cells > usable_) return false;
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t offset = big16(page + kInteriorHead + 2 * i);
    if (offset + 5 > usable_) return false;
    const unsigned char *key = page + offset + 4;
    const auto greatest = static_cast<std::int64_t>(varint(key)); // in that child
    if (greatest < first_) continue;
    if (!walk(big32(page + offset), depth + 1, visit)) return false;
    if (greatest >= last_) return true;
  }
  return walk(big32(page + 8), depth + 1, visit);
}

bool RecordScan::walkLeaf(const unsigned char *page, const Visit &visit) {
  const std::size_t cells = big16(page + 3);
  if (kLeafHead + 2 * cells > usable_) return false;
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t offset = big16(page + kLeafHead + 2 * i);
    if (offset + 2 > usable_) return false;
    const unsigned char *p = page + offset;
    const std::uint64_t size = varint(p);
    const auto rowid = static_cast<std::int64_t>(varint(p));
    if (rowid < first_) continue;
    if (rowid > last_) return true;
    // More than that lies on overflow pages.
    if (rowid < next_ || size > usable_ - 35 ||
        static_cast<std::size_t>(p - page) + size > usable_) {
      return false;
    }
    values_[0] = rowid;
    if (!decode(p, p + size)) return false;
    if (!visit(values_.data())) {
      stopped_ = true;
      return false;
    }
    if (rowid == last_) return true;
    next_ = rowid + 1;
  }
  return true;
}

bool RecordScan::decode(const unsigned char *record, const unsigned char *end) {
  constexpr unsigned kNone = 255;
  constexpr std::array<unsigned char, 12> kBytes = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, kNone, kNone};
  const unsigned char *type = record;
  if (record == end) return false;
  const std::uint64_t head = varint(type);
  if (head > static_cast<std::uint64_t>(end - record)) return false;
  const unsigned char *const types = record + head;
  const unsigned char *value = types;
  for (std::size_t place = 0; place < places_; ++place) {
    if (type >= types) return false; // a column that this row does not have
    const std::uint64_t kind = *type < 0x80 ? *type++ : varint(type);
    if (type > types) return false;
    const std::uint64_t bytes = kind < kBytes.size() ? kBytes[kind] : (kind - 12) / 2;
    if (bytes == kNone || bytes > static_cast<std::uint64_t>(end - value)) return false;
    if (const int into = wanted_[place]; into >= 0) {
      const auto index = static_cast<std::size_t>(into);
      std::int64_t &out = values_[index];
      kinds_[index] = Kind::kInteger;
      if (kind >= 1 && kind <= 6 && place != rowidPlace_) {
        out = integer(value, static_cast<unsigned>(bytes));
      } else if (kind == 0) {
        out = place == rowidPlace_ ? values_[0] : 0;
        if (place != rowidPlace_) kinds_[index] = Kind::kNull;
      } else if ((kind == 8 || kind == 9) && place != rowidPlace_) {
        out = static_cast<std::int64_t>(kind - 8);
      } else if (place == rowidPlace_ || !decodeOther(index, kind, value, bytes)) {
        return false;
      }
    }
    value += bytes;
  }
  if ((realColumns_ & types_.reals) != 0) integersToReals();
  return true;
}

bool RecordScan::decodeOther(std::size_t into, std::uint64_t kind, const unsigned char *value,
                             std::uint64_t bytes) {
  constexpr std::uint64_t kFloat = 7, kFirstText = 13;
  if (kind == kFloat && (types_.reals >> into & 1) != 0) {
    values_[into] = integer(value, 8);
    kinds_[into] = Kind::kReal;
    return std::bit_cast<double>(values_[into]) ==
           std::bit_cast<double>(values_[into]); // else NULL
  }
  if (kind < kFirstText || kind % 2 == 0 || (types_.texts >> into & 1) == 0) return false;
  texts_[into] = {reinterpret_cast<const char *>(value), static_cast<std::size_t>(bytes)};
  kinds_[into] = Kind::kText;
  values_[into] = 0;
  return true;
}

// SQLite stores whole numbers of such columns as integers.
void RecordScan::integersToReals() {
  for (std::size_t i = 1; i < kMostColumns; ++i)
    if ((realColumns_ & types_.reals) >> i & 1 && kinds_[i] == Kind::kInteger) {
      values_[i] = std::bit_cast<std::int64_t>(static_cast<double>(values_[i]));
      kinds_[i] = Kind::kReal;
    }
}

} // namespace hotloop
