#include "shared/storage/rows/table_sums.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "shared/base/error.h"
#include "shared/security/mac_key.h"

namespace vivier::storage {

namespace io = google::protobuf::io;

void TableSums::Add(absl::string_view table, absl::string_view mac) {
  Move(table, 1, security::MacNumber(mac));
}

void TableSums::Subtract(absl::string_view table, absl::string_view mac) {
  Move(table, -1, -security::MacNumber(mac));
}

void TableSums::Move(absl::string_view table, int64_t rows, absl::uint128 macs) {
  auto found = tables_.find(table);
  if (found == tables_.end()) found = tables_.emplace(std::string(table), Sum()).first;
  found->second.rows += rows;
  found->second.macs += macs;
  if (found->second == Sum()) tables_.erase(found);
}

std::string TableSums::DifferenceTo(const TableSums& found, const std::string& table) const {
  const auto in = [&table](const TableSums& sums) {
    const auto sum = sums.tables_.find(table);
    return sum == sums.tables_.end() ? Sum() : sum->second;
  };
  const Sum written = in(*this), there = in(found);
  if (written == there) return "";
  if (written.rows == there.rows)
    return absl::StrCat("has other rows than the ", written.rows, " that were written");
  return absl::StrCat("has ", there.rows, " rows, ", written.rows, " were written");
}

std::string TableSums::Encode() const {
  std::string bytes;
  {
    io::StringOutputStream stream(&bytes);
    io::CodedOutputStream coded(&stream);
    for (const auto& [table, sum] : tables_) {
      coded.WriteVarint32(static_cast<uint32_t>(table.size()));
      coded.WriteString(table);
      coded.WriteVarint64(static_cast<uint64_t>(sum.rows));
      coded.WriteLittleEndian64(absl::Uint128Low64(sum.macs));
      coded.WriteLittleEndian64(absl::Uint128High64(sum.macs));
    }
  }
  return bytes;
}

absl::StatusOr<TableSums> TableSums::Decode(absl::string_view bytes) {
  TableSums sums;
  io::CodedInputStream coded(reinterpret_cast<const uint8_t*>(bytes.data()),
                             static_cast<int>(bytes.size()));
  while (coded.CurrentPosition() < static_cast<int>(bytes.size())) {
    uint32_t size = 0;
    uint64_t rows = 0, low = 0, high = 0;
    std::string table;
    if (!coded.ReadVarint32(&size) || !coded.ReadString(&table, static_cast<int>(size)) ||
        !coded.ReadVarint64(&rows) || !coded.ReadLittleEndian64(&low) ||
        !coded.ReadLittleEndian64(&high))
      return Internal("the head row holds no sums of tables");
    sums.tables_[table] = {static_cast<int64_t>(rows), absl::MakeUint128(high, low)};
  }
  return sums;
}

}  // namespace vivier::storage
