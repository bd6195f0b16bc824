#include "shared/formats/xml.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::formats {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(XmlTest, KnowsWhereEveryElementBegins) {
  absl::StatusOr<Xml> xml = Xml::Parse(
      "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<a>\n <b>é</b><b x=\"1\">&lt;p&gt;</b>\n</a>\n");
  ASSERT_TRUE(xml.ok()) << xml.status();
  const pugi::xml_node second = xml->root().child("b").next_sibling("b");
  EXPECT_STREQ(second.child_value(), "<p>");
  EXPECT_EQ(PathOf(second), "a/b[2]");
  EXPECT_EQ(xml->PlaceOf(second).line, 3);
  EXPECT_EQ(xml->PlaceOf(second).column, 10);
  EXPECT_EQ(xml->PlaceOf(xml->root().append_child("c")).line, 0);
  EXPECT_EQ(LocalName("lheo:offres"), "offres");
  EXPECT_EQ(LocalName("offres"), "offres");
}

TEST(XmlTest, ReadsTheEncodingThatTheDeclarationNames) {
  absl::StatusOr<Xml> xml =
      Xml::Parse("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xC9pinal \x80</a>");
  ASSERT_TRUE(xml.ok()) << xml.status();
  EXPECT_STREQ(xml->root().child_value(), "Épinal €");
}

TEST(XmlTest, TakesADocumentTypeWithoutDefinitions) {
  EXPECT_TRUE(Xml::Parse("<!DOCTYPE a SYSTEM \"a.dtd\"><a><![CDATA[1 & 2]]><!-- c --></a>").ok());
}

TEST(XmlTest, RefusesWithPlaceAndCause) {
  const struct {
    std::string bytes;
    const char *message, *cause;
  } rows[] = {
      {"", "line 1, column 1", "NO_ROOT"},
      {"<a>\n<b></a>", "line 2, column 4: </a> where </b> is due", "TAG_MISMATCH"},
      {"<a>\n<b>", "line 2, column 4: the text ends inside <b>", "CUT_SHORT"},
      {"<a></a></b>", "line 1, column 8", "TAG_MISMATCH"},
      {"<a></a>\n<b/>", "line 2, column 1", "SECOND_ROOT"},
      {"<a></a>\nx", "line 2, column 1", "TEXT_OUTSIDE"},
      {"<a>x & y</a>", "line 1, column 6", "REFERENCE"},
      {"<a>&eacute;</a>", "line 1, column 4", "REFERENCE"},
      {"<a>&#0;</a>", "line 1, column 4", "REFERENCE"},
      {"<a>é\xC9</a>", "line 1, column 5: a byte", "NOT_TEXT"},
      {std::string("<a>\0</a>", 8), "line 1, column 4", "NOT_TEXT"},
      {"<a>\x01</a>", "line 1, column 4", "NOT_TEXT"},
      {"<a x=\"1\" x=\"2\"/>", "line 1, column 10", "SYNTAX"},
      {"<a x=1/>", "line 1, column 6", "SYNTAX"},
      {"<a x/>", "line 1, column 5", "SYNTAX"},
      {"<a x=\"1", "line 1, column 8", "CUT_SHORT"},
      {"<a x=\"<\"/>", "line 1, column 7", "SYNTAX"},
      {"<a><1></a>", "line 1, column 4", "SYNTAX"},
      {"<a><!-- x</a>", "line 1, column 4", "CUT_SHORT"},
      {"<a><![CDATA[x</a>", "line 1, column 4", "CUT_SHORT"},
      {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "line 1, column 13", "OWN_DEFINITIONS"},
  };
  for (const auto& row : rows) {
    absl::StatusOr<Xml> xml = Xml::Parse(row.bytes);
    EXPECT_EQ(xml.status().code(), absl::StatusCode::kInvalidArgument) << row.bytes;
    EXPECT_THAT(std::string(xml.status().message()), StartsWith(row.message)) << row.bytes;
    EXPECT_EQ(ReasonOf(xml.status()), "MALFORMED_XML");
    EXPECT_THAT(xml.status().ToString(), HasSubstr(row.cause)) << row.bytes;
  }
}

TEST(XmlTest, BoundsItsDepth) {
  std::string deep, ends;
  for (int i = 0; i < kXmlDepthMax; ++i) deep += "<a>", ends += "</a>";
  EXPECT_TRUE(Xml::Parse(deep + ends).ok());
  EXPECT_THAT(Xml::Parse("<a>" + deep + ends + "</a>").status().ToString(), HasSubstr("TOO_DEEP"));
}

// Cutting a document anywhere, or swapping bytes for markup, never passes as well-formed with
// another shape: either it is refused or it prints and parses again to itself.
TEST(XmlTest, WhatItAcceptsIsStable) {
  const std::string valid = "<a x='1'><b>text &amp; more</b><c/><b>é<!-- c --></b></a>";
  for (size_t end = 0; end < valid.size(); ++end)
    EXPECT_FALSE(Xml::Parse(valid.substr(0, end)).ok()) << end;
  std::mt19937_64 random(20261122);
  int accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string changed = valid;
    changed[random() % changed.size()] = "<>&\"'/ax \xC3"[random() % 10];
    absl::StatusOr<Xml> xml = Xml::Parse(changed);
    if (!xml.ok()) continue;
    ++accepted;
    struct Text : pugi::xml_writer {
      std::string bytes;
      void write(const void* data, size_t size) override {
        bytes.append(static_cast<const char*>(data), size);
      }
    } once, twice;
    xml->root().print(once, "", pugi::format_raw);
    absl::StatusOr<Xml> again = Xml::Parse(once.bytes);
    ASSERT_TRUE(again.ok()) << changed << again.status();
    again->root().print(twice, "", pugi::format_raw);
    ASSERT_EQ(once.bytes, twice.bytes);
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace vivier::formats
