#include "services/curriculum/lheo_mapping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "services/curriculum/lheo_grammar.h"
#include "shared/formats/text.h"

namespace vivier::curriculum {
namespace {

constexpr const char* kThesaurusVersion =
    "V14";  // of Formacode, where a new code has no other beside it

// Takes `node` away, and the elements around it that are empty then, up to `base`.
void Remove(xml_node base, xml_node node) {
  while (node != base && !node.first_child()) {
    xml_node parent = node.parent();
    parent.remove_child(node);
    node = parent;
  }
}

xml_node Find(xml_node base, absl::string_view path) {
  for (absl::string_view part : absl::StrSplit(path, '/'))
    base = base.child(std::string(part).c_str());
  return base;
}

xml_node Make(xml_node base, absl::string_view path) {
  for (absl::string_view part : absl::StrSplit(path, '/')) base = Ensure(base, std::string(part));
  return base;
}

std::string TextOf(xml_node node, int characters_max) {
  std::string text = PlainText(node.text().get());
  if (formats::IsFiller(text)) return "";
  // What was cut may end in a space.
  if (formats::Characters(text) > characters_max)
    text = PlainText(formats::Shorten(text, characters_max));
  return text;
}

void AddThesaurusVersion(xml_node node, const char* version) {
  const LheoElement* rule = FindLheoElement(node.name());
  if (rule != nullptr && rule->needs_ref && !node.attribute("ref"))
    node.append_attribute("ref").set_value(version);
}

void Put(xml_node base, absl::string_view path, const std::string& text) {
  if (text.empty()) {
    if (xml_node node = Find(base, path); node) {
      node.remove_children();
      Remove(base, node);
    }
    return;
  }
  xml_node node = Make(base, path);
  node.remove_children();
  node.append_child(pugi::node_pcdata).set_value(text.c_str());
  AddThesaurusVersion(node, kThesaurusVersion);
}

void PutAll(xml_node base, absl::string_view path, const RepeatedPtrField<std::string>& texts,
            const std::vector<xml_node>& old) {
  const std::string version = old.empty() ? "" : old.front().attribute("ref").value();
  const size_t slash = path.rfind('/');
  const std::string leaf(slash == absl::string_view::npos ? path : path.substr(slash + 1));
  for (xml_node node : old) {
    xml_node parent = node.parent();
    parent.remove_child(node);
    if (texts.empty() && parent != base && node == old.back()) Remove(base, parent);
  }
  if (texts.empty()) return;
  xml_node parent = slash == absl::string_view::npos ? base : Make(base, path.substr(0, slash));
  xml_node last;
  for (const std::string& text : texts) {
    last = last ? parent.insert_child_after(leaf.c_str(), last) : Ensure(parent, leaf, true);
    last.append_child(pugi::node_pcdata).set_value(text.c_str());
    AddThesaurusVersion(last, version.empty() ? kThesaurusVersion : version.c_str());
  }
}

bool ReadDate(const std::string& text, google::type::Date& date) {
  int digits = 0;
  if (text.size() != 8 || !absl::SimpleAtoi(text, &digits)) return false;
  const absl::CivilDay day(digits / 10000, digits / 100 % 100, digits % 100);
  date.set_year(digits / 10000), date.set_month(digits / 100 % 100), date.set_day(digits % 100);
  return date.year() > 0 && day.month() == date.month() && day.day() == date.day();
}

std::string Compact(const google::type::Date& date) {
  return absl::StrFormat("%04d%02d%02d", date.year(), date.month(), date.day());
}

}  // namespace

xml_node Ensure(xml_node parent, const std::string& name, bool another) {
  if (xml_node found = parent.child(name.c_str()); found && !another) return found;
  const LheoElement* rule = FindLheoElement(parent.name());
  const int place = rule == nullptr ? 0 : rule->OrderOf(name);
  for (xml_node next : parent.children()) {
    if (rule != nullptr && rule->OrderOf(next.name()) > place)
      return parent.insert_child_before(name.c_str(), next);
  }
  return parent.append_child(name.c_str());
}

std::string PlainText(absl::string_view text) {
  std::string plain(absl::StripAsciiWhitespace(text));
  while (formats::LooksLikeHtml(plain)) plain = formats::HtmlToText(plain);
  return plain;
}

void Mapping::Text(xml_node base, absl::string_view path, std::string* field, int characters_max,
                   WhenEmpty when_empty) const {
  xml_node node = Find(base, path);
  std::string held = TextOf(node, characters_max);
  if (!writes_) {
    *field = std::move(held);
  } else if (held != *field || (!node && when_empty == WhenEmpty::kFiller)) {
    Put(base, path, field->empty() && when_empty == WhenEmpty::kFiller ? "-" : *field);
  }
}

void Mapping::Texts(xml_node base, absl::string_view path, RepeatedPtrField<std::string>* field,
                    int items_max, int characters_max) const {
  RepeatedPtrField<std::string> held;
  std::vector<xml_node> nodes;
  const xml_node first = Find(base, path);
  for (xml_node node = first; node && held.size() < items_max;
       node = node.next_sibling(node.name())) {
    nodes.push_back(node);
    if (std::string text = TextOf(node, characters_max); !text.empty())
      *held.Add() = std::move(text);
  }
  if (!writes_) {
    *field = std::move(held);
  } else if (!std::equal(held.begin(), held.end(), field->begin(), field->end())) {
    PutAll(base, path, *field, nodes);
  }
}

void Mapping::Flag(xml_node base, absl::string_view path, bool* field) const {
  xml_node node = Find(base, path);
  const bool held = TextOf(node, 1) == "1";
  if (!writes_) {
    *field = held;
  } else if (!node || held != *field) {
    Put(base, path, *field ? "1" : "0");
  }
}

void Mapping::Key(xml_node base, absl::string_view path, const std::function<int(int)>& value_of,
                  const std::function<int(int)>& key_of, const std::function<void(int)>& set,
                  int field, bool mandatory) const {
  int key = -1;
  const bool number = absl::SimpleAtoi(TextOf(Find(base, path), 10), &key);
  const int held = number ? value_of(key) : 0;
  if (!writes_) {
    set(held);
  } else if (held != field || (mandatory && !number)) {
    Put(base, path, field == 0 && !mandatory ? "" : absl::StrCat(key_of(field)));
  }
}

void Mapping::Date(xml_node base, absl::string_view path, google::type::Date* field, bool present,
                   const char* sentinel, const std::function<void()>& clear) const {
  google::type::Date held;
  const bool dated = ReadDate(TextOf(Find(base, path), 8), held);
  if (!writes_) {
    if (dated) *field = held;
    if (!dated) clear();
  } else if (dated != present || (dated && Compact(held) != Compact(*field))) {
    Put(base, path, present ? Compact(*field) : sentinel);
  } else if (!Find(base, path)) {
    Put(base, path, sentinel);
  }
}

xml_node Mapping::Enter(xml_node base, absl::string_view path, bool needed) const {
  if (!writes_ || !needed) return Find(base, path);
  return Make(base, path);
}

}  // namespace vivier::curriculum
