#include "shared/base/unicode.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace vivier {
namespace {

// As the RFC lays bytes out, also for what is no character.
std::string Encoded(uint32_t code) {
  std::string out;
  const auto push = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6), push(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12), push(0x80 | (code >> 6 & 0x3F)), push(0x80 | (code & 0x3F));
  } else {
    push(0xF0 | code >> 18), push(0x80 | (code >> 12 & 0x3F)), push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  }
  return out;
}

TEST(Text, IsUtf8WithoutNul) {
  const struct {
    absl::string_view bytes;
    size_t valid;
  } rows[] = {
      {"", 0},
      {"Nancy", 5},
      {"Épinal œ € 😀", 19},
      {"\xC9pinal", 0},                                 // Windows-1252
      {"ab\xC0\xAF", 2},                                // overlong
      {"\xC1\x81", 0},                                  // overlong
      {"\xE0\x80\xAF", 0},                              // overlong
      {"\xF0\x80\x80\xAF", 0},                          // overlong
      {"\xED\xA0\x80", 0},                              // a lone surrogate
      {"\xED\xA0\xBD\xED\xB8\x80", 0},                  // a pair of them (CESU-8)
      {"\xED\x9F\xBF", 3},                              // U+D7FF
      {"\xF4\x90\x80\x80", 0},                          // above U+10FFFF
      {"\xF4\x8F\xBF\xBF", 4},                          // U+10FFFF
      {"\xF8\x88\x80\x80\x80", 0},                      // five bytes
      {"a\xE2\x82", 1},                                 // truncated
      {"a\xF0\x9F\x98", 1},                             // truncated
      {"a\xC3", 1},                                     // truncated
      {"\xE2\x82z", 0},                                 // ends within
      {"\x80", 0},                                      // starts with a continuation
      {absl::string_view("a\0b", 3), 1},                // a NUL
      {absl::string_view("abcdefgh\0bcdefgh", 16), 8},  // a NUL after eight bytes
      {absl::string_view("abcdefg\xC3\xA9zabcdefgh\xFF", 19), 18},
      {absl::string_view("\xFF\xFE\x4E\x00", 4), 0},  // UTF-16
  };
  for (const auto& row : rows) {
    EXPECT_EQ(TextBytes(row.bytes), row.valid) << row.bytes;
    EXPECT_EQ(IsText(row.bytes), row.valid == row.bytes.size()) << row.bytes;
    EXPECT_TRUE(IsText(ReplaceInvalid(row.bytes)));
    EXPECT_EQ(ReplaceInvalid(row.bytes) == row.bytes, IsText(row.bytes));
  }
  EXPECT_EQ(ReplaceInvalid("a\xE2\x82"
                           "b\xFF"),
            "a\uFFFD\uFFFDb\uFFFD");
}

TEST(Text, HoldsEveryCodePointButSurrogates) {
  for (uint32_t code = 0; code < 0x1FFFFF; ++code) {
    const std::string bytes = Encoded(code);
    const bool is_character = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    ASSERT_EQ(CharacterBytes(bytes), is_character ? bytes.size() : 0) << code;
    ASSERT_EQ(CharacterBytes(bytes + "z"), is_character ? bytes.size() : 0) << code;
    const absl::string_view truncated(bytes.data(), bytes.size() - 1);
    ASSERT_EQ(CharacterBytes(truncated), 0u) << code;
  }
  EXPECT_EQ(CharacterBytes(""), 0u);
}

TEST(Text, IsTheSameHoweverItIsAligned) {
  std::mt19937 random(3);
  const std::string characters[] = {"a", "é", "€", "😀", "\xFF", "\xC3", std::string(1, '\0')};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 20, 'x');
    for (auto n = random() % 6; n > 0; --n) bytes += characters[random() % 7];
    size_t valid = 0;  // character by character
    while (valid < bytes.size() && bytes[valid] != '\0') {
      const size_t length = CharacterBytes(absl::string_view(bytes).substr(valid));
      if (length == 0) break;
      valid += length;
    }
    ASSERT_EQ(TextBytes(bytes), valid);
  }
}

TEST(NameKey, IsOneForWhatPeopleTakeForOneName) {
  const std::vector<const char*> names[] = {
      {"Jean Dupont", "dupont JEAN", "  Dupont,\tJean ", "Dupont\u00A0Jean", "Jean-Dupont",
       "Dupont\u2010Jean"},
      {"Élodie", "elodie", "E\u0301lodie", "ÉLODIE", "e\u0301lodie"},
      {"Strauß", "STRAUSS", "Strauss", "STRAU\u1E9E"},
      {"\u00C5ngström", "\u212Bngstro\u0308m", "A\u030Angstrom", "angstrom"},  // Å thrice
      {"So\uFB01a", "Sofia"},                                                  // a ligature
      {"\uFB03", "ffi"},
      {"Lebœuf", "LEBŒUF", "Leboeuf"},
      {"Æbeløe", "aebeloe"},
      {"Łukasz Đurić", "lukasz duric"},
      {"Işık", "IŞIK", "ISIK", "isik"},  // a dotless i
      {"İpek", "I\u0307pek", "ipek", "IPEK"},
      {"d'Arc", "d’Arc", "d´Arc", "d`Arc", "DARC", "d\u02BCArc"},
      {"Sean O'Neill", "Sean O Neill", "Sean ONeill", "O\u00A0Neill, Sean", "O-Neill Sean",
       "O  Neill\nSean", "sean\noneill"},
      {"Ann McDonald", "Mc Donald Ann", "Ann MacDonald", "Mac Donald\nAnn"},
      {"Min-su O", "O\nMin Su", "Min Su\nO"},               // a family name of one letter
      {"Anne\u200DMarie", "AnneMarie", "Anne\u00ADMarie"},  // zero-width joiner, soft hyphen
      {"Ｊｅａｎ", "jean"},                                 // fullwidth
      {"Σίσυφος", "ΣΊΣΥΦΟΣ", "σισυφοσ"},
      {"Nguyễn Văn Ánh", "nguyen van anh", "ANH NGUYEN VAN"},
      {"محمد", "مُحَمَّد"},    // vowel marks
      {"فاطمة", "فاطمه"},  // ta marbuta and ha
      {"Jean 2", "2 jean", "2-Jean",
       "jean\xFF"
       "2"},
      {"", " ", "-", "'", "...", "\u200B", "\xFF"},
  };
  std::vector<std::string> keys;
  for (const std::vector<const char*>& same : names) {
    for (const char* name : same) EXPECT_EQ(NameKey(name), NameKey(same[0])) << name;
    for (const std::string& other : keys) EXPECT_NE(NameKey(same[0]), other) << same[0];
    keys.push_back(NameKey(same[0]));
  }
  EXPECT_EQ(NameKey("Jean-Marc d'Arc"), "darcjeanmarc");
  EXPECT_EQ(NameKey("Strauß"), "strauss");
}

// A name as a file has it: family and given name on a line each.
struct NamePair {
  const char* one;
  const char* other;
};

bool AreLikelyOne(const NamePair& pair) {
  const std::vector<std::string> keys = NameKeys(pair.one);
  for (const std::string& key : NameKeys(pair.other))
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) return true;
  return false;
}

TEST(NameKeys, AreSharedByWhatFormsAndPeopleWrite) {
  const NamePair rows[] = {
      {"Dupont\nM. Jean", "Dupont\nJean"},
      {"Dupont\nMonsieur Jean", "M. Dupont\nJEAN"},
      {"Petit\nMme Rose", "Petit\nMr Rose"},
      {"Saint-Exupéry\nLuc", "St Exupéry\nLuc"},
      {"St-Exupéry\nLuc", "SAINTEXUPERY\nLuc"},
      {"Sainte-Rose\nLuc", "Ste Rose\nLuc"},
      {"SAINTEROSE\nLuc", "Ste-Rose\nLuc"},
      {"Saint-Rose\nLuc", "Sainte-Rose\nLuc"},
      {"Le Gall\nAnne", "LEGALL\nAnne"},
      {"Gall Le\nAnne", "Anne\nLe Gall"},
      {"Van den Berg\nAnne", "VANDENBERG\nAnne"},
      {"Van den Berg\nAnne", "van Den-Berg\nAnne"},
      {"de La Tour\nEric", "DELATOUR\nEric"},
      {"de La Tour\nEric", "Eric\nLa Tour de"},
      {"Ben Ahmed\nLeïla", "BENAHMED\nLeila"},
      {"MC DONALD\nAnn", "MacDonald\nAnn"},
      {"McDonald\nAnn", "Mac Donald\nAnn"},
      {"Müller\nEva", "Mueller\nEva"},
      {"Mu\u0308ller\nEva", "MUELLER\nEva"},
      {"Nguyen Van\nMinh", "Nguyen\nVan Minh"},  // a part of the name, and no particle
      {"علي", "على"},
      {"محمـــد", "محمد"},
      {"عبد الله", "عبدالله"},
      {"Abd Allah\nAli", "Abdallah\nAli"},
  };
  for (const NamePair& pair : rows)
    EXPECT_TRUE(AreLikelyOne(pair)) << pair.one << "|" << pair.other;
}

TEST(NameKeys, OfTwoPersonsShareNone) {
  const NamePair rows[] = {
      {"Le Gall\nAnne", "Gall\nAnne"},
      {"Lebrun\nAnne", "Brun\nAnne"},
      {"Van den Berg\nAnne", "Vandenberghe\nAnne"},
      {"Saint-Clair\nLuc", "Clair\nLuc"},
      {"Saint-Clair\nLuc", "Sinclair\nLuc"},
      {"Monsieur\nLuc", "Luc\nMadame"},  // whole fields, and so names
      {"Martin\nM", "Martin\nN"},
      {"Martin\nMme Rose", "Martin\nM. Paul"},
      {"MacDonald\nAnn", "Donald\nAnn"},
      {"Mueller\nEva", "Muller\nEva"},
      {"Müller\nEva", "Miller\nEva"},
      {"Noël\nEve", "Noeel\nEve"},
      {"Joël\nEve", "Jouel\nEve"},
      {"Lheureux\nEve", "Lheurux\nEve"},
      {"عبد الرحمن", "عبد الرحيم"},
      {"عبد الله", "الله"},
      {"Nguyen Van\nMinh", "Nguyen\nMinh"},
  };
  for (const NamePair& pair : rows)
    EXPECT_FALSE(AreLikelyOne(pair)) << pair.one << "|" << pair.other;
}

TEST(NameKeys, AreFew) {
  EXPECT_EQ(NameKeys("Dupont\nJean"), std::vector<std::string>{"dupontjean"});
  EXPECT_EQ(NameKeys("Le Gall\nJean").size(), 2);
  EXPECT_EQ(NameKeys("von der Mühle\nJürgen").size(), 4);
  EXPECT_EQ(NameKeys("").size(), 1);
}

TEST(NameKey, DiffersWithALetter) {
  const std::pair<const char*, const char*> rows[] = {
      {"Marie", "Maria"}, {"Anne", "Ann"}, {"Иван", "Ivan"}, {"李", "王"}, {"Jean 1", "Jean 2"}};
  for (const auto& [one, other] : rows) EXPECT_NE(NameKey(one), NameKey(other)) << one;
}

TEST(NameKey, OfAKeyIsTheKey) {
  for (uint32_t code = 1; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    const std::string key = NameKey(Encoded(code));
    ASSERT_TRUE(IsText(key)) << code;
    ASSERT_EQ(key.find(' '), key.npos) << code;
    ASSERT_EQ(NameKey(key), key) << code;
  }
}

TEST(FindForbidden, NamesTheFirst) {
  using Kind = ForbiddenCharacter::Kind;
  const struct {
    absl::string_view text;
    Kind kind;
    int32_t code;
    int position;
  } rows[] = {
      {"Ma\u200Drie", Kind::kInvisible, 0x200D, 3},  // zero-width joiner
      {"Ma\u200Crie", Kind::kInvisible, 0x200C, 3},
      {"\u200BMarie", Kind::kInvisible, 0x200B, 1},
      {"\uFEFFMarie", Kind::kInvisible, 0xFEFF, 1},
      {"Ma\u00ADrie", Kind::kInvisible, 0x00AD, 3},  // soft hyphen
      {"é\u2060", Kind::kInvisible, 0x2060, 2},
      {"a\uFE0F", Kind::kInvisible, 0xFE0F, 2},
      {"a\U000E0041", Kind::kInvisible, 0xE0041, 2},  // a tag
      {"a\u3164", Kind::kInvisible, 0x3164, 2},       // Hangul filler
      {"a\u2800", Kind::kInvisible, 0x2800, 2},       // Braille blank
      {"a\u2028", Kind::kInvisible, 0x2028, 2},
      {"Marie\u202Eeiram", Kind::kDirection, 0x202E, 6},
      {"\u061C", Kind::kDirection, 0x061C, 1},
      {"a\u200F", Kind::kDirection, 0x200F, 2},
      {"a\u2066", Kind::kDirection, 0x2066, 2},
      {"a\tb", Kind::kControl, 9, 2},
      {"a\n", Kind::kControl, 10, 2},
      {"a\x7F", Kind::kControl, 0x7F, 2},
      {"a\u0085", Kind::kControl, 0x85, 2},
      {absl::string_view("a\0b", 3), Kind::kControl, 0, 2},
      {"é\xED\xA0\x80", Kind::kNotUtf8, 0xED, 2},
      {"a\xC3", Kind::kNotUtf8, 0xC3, 2},
      {"a\n\u202E", Kind::kControl, 10, 2},  // the first of two
  };
  for (const auto& row : rows) {
    const std::optional<ForbiddenCharacter> found = FindForbidden(row.text);
    ASSERT_TRUE(found.has_value()) << row.text;
    EXPECT_EQ(found->kind, row.kind) << row.text;
    EXPECT_EQ(found->code, row.code) << row.text;
    EXPECT_EQ(found->position, row.position) << row.text;
  }
  for (const char* text : {"", "Marie-Thérèse d’Arc", "Dupont\u00A0Jean", "李\u3000王", "محمد",
                           "E\u0301lodie", "😀", "Ma ﬁlle", "\uFFFD"})
    EXPECT_FALSE(FindForbidden(text).has_value()) << text;
}

TEST(FindForbidden, LeavesATextItsLines) {
  EXPECT_FALSE(FindForbidden("a\tb\r\nMa\u200Drie\u00AD", Written::kText).has_value());
  EXPECT_EQ(FindForbidden("a\n\u202Eb", Written::kText)->position, 3);
  EXPECT_EQ(FindForbidden("a\n\x1B[2J", Written::kText)->code, 0x1B);
  EXPECT_EQ(FindForbidden(absl::string_view("a\0", 2), Written::kText)->code, 0);
}

TEST(IsBlank, KnowsBlanksOfAllKinds) {
  for (const char* text : {"", " ", "\u00A0\t", "\u3000\u2003\n"})
    EXPECT_TRUE(IsBlank(text)) << text;
  for (const char* text : {"a", " a", "-", "\u200B", "\xFF"}) EXPECT_FALSE(IsBlank(text)) << text;
}

TEST(FindForbidden, IsDescribedWithItsCodePoint) {
  EXPECT_EQ(Describe(*FindForbidden("Mari\u202Ee")),
            "character 5 is U+202E, which changes the direction of text");
  EXPECT_EQ(Describe(*FindForbidden("\u200D")), "character 1 is U+200D, which is invisible");
  EXPECT_EQ(Describe(*FindForbidden("a\t")), "character 2 is U+0009, a control character");
  EXPECT_EQ(Describe(*FindForbidden("\xFF")), "character 1 is the byte FF, which is not UTF-8");
}

}  // namespace
}  // namespace vivier
