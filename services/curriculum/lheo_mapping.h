// How one element of a LHÉO formation and one field of a programme say the same: a walk in one
// direction, with a function per kind of field. What the elements are is said in lheo_map.cc.
// Thread-safe as long as each tree belongs to one thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "google/type/date.pb.h"
#include "pugixml.hpp"

namespace vivier::curriculum {

using google::protobuf::RepeatedPtrField;
using pugi::xml_node;

// What a mandatory text says when there is nothing to say, as LHÉO files have it.
enum class WhenEmpty { kAbsent, kFiller };

// The child of this name, put where LHÉO's order wants it when there is none, or always when
// `another`.
xml_node Ensure(xml_node parent, const std::string& name, bool another = false);

// The text as our fields hold it: HTML turned into text, no white space around it.
std::string PlainText(absl::string_view text);

// A walk through one formation in one direction. Paths are relative, their parts separated by "/".
class Mapping {
 public:
  explicit Mapping(bool writes) : writes_(writes) {}

  bool writes() const { return writes_; }

  void Text(xml_node base, absl::string_view path, std::string* field, int characters_max,
            WhenEmpty when_empty = WhenEmpty::kAbsent) const;

  void Texts(xml_node base, absl::string_view path, RepeatedPtrField<std::string>* field,
             int items_max, int characters_max) const;

  void Flag(xml_node base, absl::string_view path, bool* field) const;

  // A key of a table; `value_of` and `key_of` translate, 0 standing for an unknown key and for no
  // field. A key without a value of ours stays as long as the field has none.
  void Key(xml_node base, absl::string_view path, const std::function<int(int)>& value_of,
           const std::function<int(int)>& key_of, const std::function<void(int)>& set, int field,
           bool mandatory) const;

  void Date(xml_node base, absl::string_view path, google::type::Date* field, bool present,
            const char* sentinel, const std::function<void()>& clear) const;

  // Pairs the elements of `parent` that have this name and satisfy `counts` with the messages of
  // `field`.
  template <class M, class Each>
  void Pairs(xml_node parent, const char* name, RepeatedPtrField<M>* field, int items_max,
             const std::function<bool(xml_node)>& counts,
             const std::function<void(xml_node)>& prepare, const Each& each) const {
    std::vector<xml_node> nodes;
    for (xml_node node : parent.children(name)) {
      if (static_cast<int>(nodes.size()) < items_max && counts(node)) nodes.push_back(node);
    }
    if (!writes_) {
      field->Clear();
      for (size_t i = 0; i < nodes.size(); ++i) field->Add();
    }
    for (; nodes.size() > static_cast<size_t>(field->size()); nodes.pop_back())
      parent.remove_child(nodes.back());
    while (nodes.size() < static_cast<size_t>(field->size())) {
      nodes.push_back(nodes.empty() ? Ensure(parent, name, true)
                                    : parent.insert_child_after(name, nodes.back()));
      prepare(nodes.back());
    }
    for (size_t i = 0; i < nodes.size(); ++i) each(nodes[i], field->Mutable(static_cast<int>(i)));
  }

  // The element at `path`; made when writing something there.
  xml_node Enter(xml_node base, absl::string_view path, bool needed) const;

 private:
  bool writes_;
};

}  // namespace vivier::curriculum
