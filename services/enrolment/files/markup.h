// The XML of office documents, a piece at a time, of which only one reading is possible: UTF-8
// without a document type, entities of its own or CDATA. What is left of XML's rules is for the
// programs that open it. Not thread-safe.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace vivier::enrolment {

// Names without their prefix, which a document may choose; values with references replaced.
struct Tag {
  absl::string_view name;
  bool closes = false, is_empty = false;  // "</name>", "<name/>"
  std::vector<std::pair<std::string, std::string>> attributes;

  bool Has(absl::string_view attribute, absl::string_view value) const;
};

class MarkupReader {
 public:
  // Whether the text that follows the tag is wanted.
  using TakeTag = std::function<bool(const Tag&)>;
  using TakeText = std::function<void(absl::string_view)>;
  MarkupReader(TakeTag tag, TakeText text) : tag_(std::move(tag)), text_(std::move(text)) {}

  // False where it is no such XML.
  bool Take(absl::string_view piece);
  // Whether it may end here. LibreOffice writes parts of no byte.
  bool Ends() const {
    return depth_ == 0 && has_root_ == has_bytes_ && rest_.empty() && half_.empty();
  }

 private:
  // One text, tag, comment or instruction; false where it has not come as a whole.
  bool TakeOne(absl::string_view& bytes);
  bool ReadText(absl::string_view& bytes);
  bool ReadTag(absl::string_view& bytes);
  bool Break();

  const TakeTag tag_;
  const TakeText text_;
  std::string half_;  // the beginning of a character
  std::string rest_;  // what has not come as a whole
  bool wants_text_ = false, broken_ = false, has_root_ = false, has_bytes_ = false;
  int64_t depth_ = 0;
};

}  // namespace vivier::enrolment
