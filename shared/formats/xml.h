// XML that others wrote, read strictly: pugixml builds the tree, and a scan before it refuses what
// pugixml forgives (a bare "&", text outside the root, a name twice on one element, bytes that are
// no text), each with line and column. No external entity is ever read: a document type with
// definitions of its own is refused. An Xml is not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "pugixml.hpp"

namespace vivier::formats {

inline constexpr size_t kXmlBytesMax = 64 << 20;
inline constexpr int kXmlDepthMax = 64;  // LHÉO needs 12
inline constexpr size_t kXmlAttributesMax = 64;

// Both from 1; the column counts characters.
struct Place {
  int line = 0;
  int column = 0;
};

class Xml {
 public:
  // INVALID_ARGUMENT with reason MALFORMED_XML and metadata line, column and cause ("NOT_TEXT",
  // "TAG_MISMATCH", …). UTF-8, or ISO-8859-1 and Windows-1252 where the declaration says so.
  // Comments are kept, white space between elements is not.
  static absl::StatusOr<Xml> Parse(absl::string_view bytes);

  pugi::xml_node root() const { return document_.document_element(); }

  // Where a node of the parsed tree begins; {0, 0} for a node that was added later.
  Place PlaceOf(pugi::xml_node node) const;

 private:
  Place PlaceAt(size_t offset) const;

  std::string text_;
  std::vector<size_t> line_starts_;
  pugi::xml_document document_;
};

// "lheo/offres/formation[2]/action": the names from the root down, with an index where siblings
// have the same name.
std::string PathOf(pugi::xml_node node);

// The name without its namespace prefix.
absl::string_view LocalName(absl::string_view name);

}  // namespace vivier::formats
