// Stores a row that a rule may have left as it was. Thread-safe like its arguments.
#pragma once

#include "absl/status/status.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/service/call.h"
#include "shared/storage/log/table.h"

namespace vivier::partners {

// Nothing when `after` equals `before`, so that its etag stays.
template <class M>
absl::Status StoreChanged(rpc::Call& call, const storage::Table<M>& table, const M& before,
                          M& after) {
  if (google::protobuf::util::MessageDifferencer::Equals(before, after)) return absl::OkStatus();
  return table.Update(call, after);
}

}  // namespace vivier::partners
