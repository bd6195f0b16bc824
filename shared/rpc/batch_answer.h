// The answer of a batch, put together from the answers of its items as they are, in bytes: nothing
// is parsed again. Stateless.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/service/batch_shape.h"

namespace vivier::rpc {

// What became of one item: its serialised answer, or why it was refused.
using ItemResult = absl::StatusOr<std::shared_ptr<const std::string>>;

// The serialised response with one result per item, in their order.
std::string BatchAnswer(const BatchShape& shape, const std::vector<ItemResult>& results);

// How much of the response the result takes, about.
size_t AnswerBytes(const ItemResult& result);

// The refusal of an item as a field of the batch is told: "name" becomes "requests[17].name".
absl::Status AsItem(const absl::Status& refusal, size_t index);

}  // namespace vivier::rpc
