// One XML part of an office document, a piece at a time: what in it runs or fetches something when
// the document is opened. References leave the document as links of the web that somebody clicks
// and in no other way; fields are those that compute from the document itself. Not thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/enrolment/files/markup.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

class PartReader {
 public:
  void Take(absl::string_view piece);
  void End();
  v1::File::Refusal refusal() const { return refusal_; }

 private:
  bool TakeTag(const Tag& tag);
  void TakeField(const Tag& tag);
  // The instruction of a field that has come.
  void EndField();
  void Refuse(v1::File::Refusal refusal);

  MarkupReader markup_{[this](const Tag& tag) { return TakeTag(tag); },
                       [this](absl::string_view text) { field_.append(text.data(), text.size()); }};
  std::string field_;
  bool is_instruction_ = false;  // the text that comes
  bool has_field_ = false;       // a field began whose instruction has not ended
  v1::File::Refusal refusal_ = v1::File::REFUSAL_UNSPECIFIED;
};

}  // namespace vivier::enrolment
