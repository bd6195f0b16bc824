#include "shared/formats/text.h"

#include "gtest/gtest.h"

namespace vivier::formats {
namespace {

TEST(TextTest, CountsAndCutsCharactersNotBytes) {
  EXPECT_EQ(Characters("Épinal €"), 8);
  EXPECT_EQ(Shorten("Épinal €", 1), "É");
  EXPECT_EQ(Shorten("Épinal €", 8), "Épinal €");
  EXPECT_EQ(Shorten("Épinal", 0), "");
  EXPECT_EQ(CollapseSpace(" a \t b\xC2\xA0\xE2\x80\xAF c\n"), "a b c");
}

TEST(TextTest, KnowsFillers) {
  for (const char* filler : {"", " ", "-", "--", " . ", "N/A", "nd", "Néant"})
    EXPECT_TRUE(IsFiller(filler));
  for (const char* text : {"a", "-1", "0", "non", "C++"}) EXPECT_FALSE(IsFiller(text)) << text;
}

// With the square of its length each would outlast the test's time.
TEST(TextTest, ReadsOpeningsWithoutAnEndOnce) {
  for (const std::string opening : {"<!--", "<b-", "</b"}) {
    std::string html;
    while (html.size() < (4u << 20)) html += opening;
    EXPECT_TRUE(HtmlToText(html) == html) << opening;
    EXPECT_FALSE(LooksLikeHtml(html)) << opening;
  }
}

TEST(TextTest, TurnsHtmlIntoLines) {
  const struct {
    const char *html, *text;
    bool markup;
  } rows[] = {
      {"Plain text", "Plain text", false},
      {"<p>One</p><p>Two<br/>Three</p>", "One\nTwo\nThree", true},
      {"<ul><li>a</li><li> b </li><li></li></ul>", "- a\n- b", true},
      {"caf&eacute; &amp; th&#233; &#x20AC; &unknown; &#0;", "café & thé € &unknown; &#0;", true},
      {"a < b and c > d & e", "a < b and c > d & e", false},
      {"<!-- hidden <b> -->seen", "seen", true},
      {"<b>bold</b> and <span class=\"x\">span</span>", "bold and span", true},
      {"<p>not closed", "not closed", true},
      {"ends with <", "ends with <", false},
      {"<b", "<b", false},
      {"&;", "&;", false},
      {"R&D; done", "R&D; done", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(HtmlToText(row.html), row.text);
    EXPECT_EQ(LooksLikeHtml(row.html), row.markup) << row.html;
  }
}

}  // namespace
}  // namespace vivier::formats
