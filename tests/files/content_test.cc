// What bytes are kept and what refused, each format and each refusal, whatever the pieces in which
// the bytes are read.
#include "services/enrolment/files/content.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/enrolment/files/limits.h"
#include "tests/files/samples.h"

namespace vivier::testing {
namespace {

using enrolment::v1::File;
using std::string_literals::operator""s;

constexpr File::Refusal kKept = File::REFUSAL_UNSPECIFIED;

struct Row {
  std::string what;
  File::Format format;
  std::string bytes;
  File::Refusal refusal;
};

void ExpectInPiecesOf(size_t piece, const Row& row) {
  BytesInPieces source(row.bytes, piece);
  const absl::StatusOr<File::Refusal> refusal = enrolment::JudgeContent(row.format, source);
  ASSERT_TRUE(refusal.ok()) << refusal.status();
  EXPECT_EQ(File::Refusal_Name(*refusal), File::Refusal_Name(row.refusal))
      << row.what << ", in pieces of " << piece;
}

void Expect(const Row& row) {
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, row.bytes.size() + 1})
    ExpectInPiecesOf(piece, row);
}

TEST(Content, KeepsWhatItIsSaidToBe) {
  const Row rows[] = {
      {"PDF", File::PDF, Pdf(), kKept},
      {"PDF that opens at a page", File::PDF, Pdf("/OpenAction [3 0 R /Fit]"), kKept},
      {"PDF with a stream of objects", File::PDF,
       Pdf("", ObjectStream("7 0 << /Title (x) /Next 8 0 R >>")), kKept},
      {"PDF with plain objects in a stream", File::PDF,
       Pdf("", ObjectStream("7 0 << /Title (x) >>", "", false)), kKept},
      {"PDF with a link", File::PDF, Pdf("", "6 0 obj << /S /URI /URI (https://e.org) >> endobj\n"),
       kKept},
      {"PDF with flags and a font", File::PDF,
       Pdf("",
           "6 0 obj << /Subtype /Link /F 4 >> endobj\n7 0 obj << /Resources << /F 8 0 R >> "
           "/Length 0 >> stream\n\nendstream endobj\n"),
       kKept},
      {"JPEG", File::JPEG, Jpeg(), kKept},
      {"PNG", File::PNG, Png(), kKept},
      {"WebP", File::WEBP, Webp(), kKept},
      {"HEIC", File::HEIC, Heic(), kKept},
      {"ODT", File::ODT, Zip(OdtParts()), kKept},
      {"DOCX", File::DOCX, Zip(DocxParts()), kKept},
      {"text", File::PLAIN_TEXT, "Bonjour à tous\r\n\tŁęcki\n", kKept},
      {"CSV", File::CSV, "\xef\xbb\xbfname;day\nZoé;2026-11-30\n", kKept},
  };
  for (const Row& row : rows) Expect(row);
}

TEST(Content, RefusesAnotherFormat) {
  const std::vector<std::pair<File::Format, std::string>> good = {{File::PDF, Pdf()},
                                                                  {File::JPEG, Jpeg()},
                                                                  {File::PNG, Png()},
                                                                  {File::WEBP, Webp()},
                                                                  {File::HEIC, Heic()},
                                                                  {File::ODT, Zip(OdtParts())},
                                                                  {File::DOCX, Zip(DocxParts())}};
  for (const auto& [format, bytes] : good)
    for (int other = 1; other < File::Format_ARRAYSIZE; ++other) {
      if (other == format) continue;
      BytesInPieces source(bytes, 4096);
      EXPECT_NE(*enrolment::JudgeContent(static_cast<File::Format>(other), source), kKept)
          << File::Format_Name(format) << " as " << other;
    }
}

TEST(Content, RefusesProgramsScriptsAndArchives) {
  const std::pair<std::string, File::Refusal> bad[] = {
      {"\x7f"
       "ELF\2\1\1",
       File::EXECUTABLE},
      {"MZ\x90\0\3"s, File::EXECUTABLE},
      {"\xcf\xfa\xed\xfe\7", File::EXECUTABLE},
      {"\xca\xfe\xba\xbe\0"s, File::EXECUTABLE},
      {"\0asm\1"s, File::EXECUTABLE},
      {"#!/bin/sh\nrm -rf /\n", File::SCRIPT},
      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", File::MACRO},
      {"Rar!\x1a\7", File::ARCHIVE},
      {"7z\xbc\xaf\x27\x1c", File::ARCHIVE},
      {"\x1f\x8b\x08", File::ARCHIVE},
  };
  for (const auto& [bytes, refusal] : bad)
    for (int format = 1; format < File::Format_ARRAYSIZE; ++format)
      Expect({bytes.substr(0, 4), static_cast<File::Format>(format), bytes, refusal});
  for (const char* text : {"<html><script>x()</script>", "  <svg onload=x()>", "<?php x();",
                           "\xef\xbb\xbf<!doctype html>", "@echo off", "JavaScript:x()"})
    Expect({text, File::PLAIN_TEXT, text, File::SCRIPT});
  Expect({"bytes", File::PLAIN_TEXT, "a\0b"s, File::OTHER_FORMAT});
  Expect({"control", File::CSV, "a\x1b[31mb", File::OTHER_FORMAT});
  Expect({"Latin-1", File::PLAIN_TEXT, "Zo\xe9", File::OTHER_FORMAT});
  Expect({"half a character", File::PLAIN_TEXT, "Zo\xc3", File::OTHER_FORMAT});
  Expect({"RTF", File::PLAIN_TEXT, "{\\rtf1 x}", File::OTHER_FORMAT});
}

TEST(Content, RefusesWhatIsTwoThings) {
  Expect({"picture and archive", File::JPEG, Jpeg() + Zip(OdtParts()), File::ARCHIVE});
  Expect({"PDF and archive", File::PDF, Pdf() + Zip(OdtParts()), File::ARCHIVE});
  Expect({"picture and PDF", File::JPEG, Jpeg() + Pdf(), File::OTHER_FORMAT});
  Expect({"archive before a document", File::ODT, "PK\3\4" + Zip(OdtParts()), File::MALFORMED});
  Expect({"bytes behind a document", File::ODT, Zip(OdtParts()) + "x", File::MALFORMED});
  Expect({"late beginning", File::PDF, "\n" + Pdf(), File::OTHER_FORMAT});
}

TEST(Content, RefusesPicturesThatAreNotWhole) {
  const Row rows[] = {
      {"bytes behind", File::PNG, Png() + "x", File::MALFORMED},
      {"bytes behind", File::WEBP, Webp() + "x", File::MALFORMED},
      {"a box cut short", File::HEIC, absl::StrCat(Heic().substr(0, 28), Big(9, 4)),
       File::MALFORMED},
      {"a beginning alone", File::JPEG, "\xff\xd8\xff", File::MALFORMED},
      {"no end", File::JPEG, Jpeg().substr(0, 63), File::MALFORMED},
      {"no frame", File::JPEG, absl::StrCat(Jpeg().substr(0, 2), Jpeg().substr(15)),
       File::MALFORMED},
      {"a second picture, as telephones add", File::JPEG, Jpeg() + Jpeg(), kKept},
      {"no data", File::PNG, absl::StrCat(Png().substr(0, 33), PngChunk("IEND", "")),
       File::MALFORMED},
      {"no meta", File::HEIC, Heic().substr(0, 16), File::MALFORMED},
  };
  for (const Row& row : rows) Expect(row);
}

TEST(Content, RefusesWhatADocumentWouldDo) {
  const std::string script = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>";
  const Row rows[] = {
      {"script at opening", File::PDF, Pdf("/OpenAction " + script), File::ACTIVE_CONTENT},
      {"reference at opening", File::PDF, Pdf("/OpenAction 6 0 R"), File::ACTIVE_CONTENT},
      {"script", File::PDF, Pdf("", "6 0 obj " + script + " endobj\n"), File::ACTIVE_CONTENT},
      {"names escaped", File::PDF, Pdf("", "6 0 obj << /S /J#61v#61Script >> endobj\n"),
       File::ACTIVE_CONTENT},
      {"launch", File::PDF, Pdf("/A << /S /Launch /F (cmd.exe) >>"), File::ACTIVE_CONTENT},
      {"form", File::PDF, Pdf("/AcroForm << /XFA 7 0 R >>"), File::ACTIVE_CONTENT},
      {"in a stream of objects", File::PDF, Pdf("", ObjectStream("6 0 " + script)),
       File::ACTIVE_CONTENT},
      {"in plain objects of a stream", File::PDF, Pdf("", ObjectStream("6 0 " + script, "", false)),
       File::ACTIVE_CONTENT},
      {"name at the end of its stream", File::PDF, Pdf("", ObjectStream("6 0 /JavaScript")),
       File::ACTIVE_CONTENT},
      {"file within", File::PDF, Pdf("/Names << /EmbeddedFiles 7 0 R >>"), File::EMBEDDED_FILE},
      {"password", File::PDF, Pdf("/Encrypt 7 0 R"), File::ENCRYPTED},
      {"file of no type", File::PDF, Pdf("", "6 0 obj << /EF << /F 7 0 R >> >> endobj\n"),
       File::EMBEDDED_FILE},
      {"associated file", File::PDF, Pdf("/AF [7 0 R]"), File::EMBEDDED_FILE},
      {"file of a note", File::PDF, Pdf("", "6 0 obj << /Subtype /FileAttachment >> endobj\n"),
       File::EMBEDDED_FILE},
      {"at an event", File::PDF, Pdf("/AA << /O 7 0 R >>"), File::ACTIVE_CONTENT},
      {"another file", File::PDF, Pdf("", "6 0 obj << /S /GoToR /F (//h/x) >> endobj\n"),
       File::ACTIVE_CONTENT},
      {"bytes of another file", File::PDF,
       Pdf("", "6 0 obj << /F (//h/x) /Length 0 >> stream\n\nendstream endobj\n"),
       File::ACTIVE_CONTENT},
      {"page of another file", File::PDF,
       Pdf("", "6 0 obj << /Ref << /F (x) >> /Length 0 >> stream\n\nendstream endobj\n"),
       File::ACTIVE_CONTENT},
  };
  for (const Row& row : rows) Expect(row);
}

// Where a viewer could read an object that this does not.
TEST(Content, RefusesHidingPlacesInPdf) {
  const std::string hidden = "8 0 obj << /S /JavaScript >> endobj ";
  const Row rows[] = {
      {"in a text", File::PDF, Pdf("/Title (" + hidden + ")"), File::MALFORMED},
      {"in a stream", File::PDF, Pdf("", "", "q\n" + hidden), File::MALFORMED},
      {"blanks before obj", File::PDF, Pdf("", "", "8 0      obj<</S/JavaScript>>"),
       File::MALFORMED},
      {"behind a comment's parenthesis", File::PDF, Pdf("%(\n/S /JavaScript /JS (x)\n"),
       File::ACTIVE_CONTENT},
      {"a stream in a dictionary", File::PDF, Pdf("/A stream\n /S /JavaScript\nendstream"),
       File::MALFORMED},
      {"a stream in a nested dictionary", File::PDF,
       Pdf("/B << >> stream\n /S /JavaScript\nendstream"), File::MALFORMED},
      {"another filter", File::PDF,
       Pdf("", ObjectStream("6 0 x", "/Filter [/ASCIIHexDecode /FlateDecode]")), File::MALFORMED},
      {"a predictor", File::PDF,
       Pdf("", ObjectStream("6 0 x", "/Filter/FlateDecode/DecodeParms<</Predictor 12>>")),
       File::MALFORMED},
      {"no deflated bytes", File::PDF,
       Pdf("", ObjectStream("plain", "/Filter /FlateDecode", false)), File::MALFORMED},
      {"no end", File::PDF, Pdf() + std::string(2000, ' '), File::MALFORMED},
  };
  for (const Row& row : rows) Expect(row);
}

TEST(Content, RefusesMacrosAndFilesInOfficeDocuments) {
  const std::string outside =
      "<Relationship Id=\"r\" Type=\"t/attachedTemplate\" TargetMode=\"External\" "
      "Target=\"https://example.org/t.dotm\"/>";
  const Row rows[] = {
      {"macros", File::DOCX, Zip(With(DocxParts(), "word/vbaProject.bin", "x")), File::MACRO},
      {"macros by type", File::DOCX,
       Zip(With(DocxParts(), "[Content_Types].xml", "<Types a=\"macroEnabled.main+xml\"/>")),
       File::MACRO},
      {"controls", File::DOCX, Zip(With(DocxParts(), "word/activeX/a.xml", "x")), File::MACRO},
      {"template from outside", File::DOCX,
       Zip(With(DocxParts(), "word/_rels/settings.xml.rels", Relations(outside))),
       File::ACTIVE_CONTENT},
      {"file within", File::DOCX, Zip(With(DocxParts(), "word/embeddings/a.xlsx", "x")),
       File::EMBEDDED_FILE},
      {"program within", File::DOCX, Zip(With(DocxParts(), "word/media/a.exe", "MZ")),
       File::EMBEDDED_FILE},
      {"spreadsheet", File::DOCX, Zip(With(DocxParts(), "[Content_Types].xml", "<Types/>")),
       File::OTHER_FORMAT},
      {"relations that are no XML", File::DOCX, Zip(With(DocxParts(), "_rels/.rels", "<a><b>")),
       File::MALFORMED},
      {"Basic", File::ODT, Zip(With(OdtParts(), "Basic/Standard/Module1.xml", "x")), File::MACRO},
      {"scripts", File::ODT, Zip(With(OdtParts(), "Scripts/python/a.py", "x")), File::MACRO},
      {"event", File::ODT,
       Zip(With(OdtParts(), "content.xml", "<a href=\"vnd.sun.star.script:x\"/>")), File::MACRO},
      {"place of scripts", File::ODT,
       Zip(With(OdtParts(), "content.xml", "<o:d><office:scripts/></o:d>")), kKept},
      {"script in the text", File::ODT,
       Zip(With(OdtParts(), "content.xml",
                "<o:d><office:scripts><office:script script:language=\"ooo:Basic\"/>"
                "</office:scripts></o:d>")),
       File::MACRO},
      {"library in the text", File::ODT,
       Zip(With(OdtParts(), "content.xml", "<o:d><ooo:library-embedded/></o:d>")), File::MACRO},
      {"no document", File::DOCX, Zip(Without(DocxParts(), "word/document.xml")),
       File::OTHER_FORMAT},
      {"a document of another name", File::DOCX,
       Zip(With(Without(With(DocxParts(), "[Content_Types].xml",
                             "<Types><Override PartName=\"/word/document2.xml\" "
                             "ContentType=\"application/vnd.openxmlformats-officedocument."
                             "wordprocessingml.document.main+xml\"/></Types>"),
                        "word/document.xml"),
                "word/document2.xml", "<w:document/>")),
       kKept},
      {"object", File::ODT, Zip(With(OdtParts(), "Object 1", "x")), File::EMBEDDED_FILE},
      {"password", File::ODT,
       Zip(With(OdtParts(), "META-INF/manifest.xml", "<manifest:encryption-data/>")),
       File::ENCRYPTED},
      {"template", File::ODT,
       Zip(With(OdtParts(), "mimetype", "application/vnd.oasis.opendocument.text-template")),
       File::OTHER_FORMAT},
  };
  for (const Row& row : rows) Expect(row);
}

Row DocxRow(const std::string& what, const std::string& inside, File::Refusal refusal) {
  return {what, File::DOCX,
          Zip(With(DocxParts(), "word/document.xml", absl::StrCat("<w:d>", inside, "</w:d>"))),
          refusal};
}
Row OdtRow(const std::string& what, const std::string& inside, File::Refusal refusal) {
  return {what, File::ODT,
          Zip(With(OdtParts(), "content.xml", absl::StrCat("<o:d>", inside, "</o:d>"))), refusal};
}
std::string FieldOf(const std::string& instruction) {
  return absl::StrCat("<w:fldChar w:fldCharType=\"begin\"/><w:instrText>", instruction,
                      "</w:instrText><w:fldChar w:fldCharType=\"end\"/>");
}

TEST(Content, RefusesFieldsThatFetch) {
  const std::string split = "DDE</w:instrText><w:r/><w:instrText>AUTO c:\\x";
  const Row rows[] = {
      DocxRow("page", FieldOf(" PAGE \\* MERGEFORMAT "), kKept),
      DocxRow("link", FieldOf(" HYPERLINK &quot;https://e.org/?a=1&amp;b&quot; "), kKept),
      DocxRow("simple page", "<w:fldSimple w:instr=\" NUMPAGES \"/>", kKept),
      DocxRow("DDE", FieldOf("DDE cmd x"), File::ACTIVE_CONTENT),
      DocxRow("split", FieldOf(split), File::ACTIVE_CONTENT),
      DocxRow("referred", FieldOf("&#68;&#x44;EAUTO x"), File::ACTIVE_CONTENT),
      DocxRow("behind a tag", FieldOf("<w:x/>DDE x"), File::ACTIVE_CONTENT),
      DocxRow("behind a comment", FieldOf("D<!-- > -->DE x"), File::ACTIVE_CONTENT),
      DocxRow("behind another word", FieldOf("PAGE DDE x"), File::ACTIVE_CONTENT),
      DocxRow("written by a field", FieldOf(FieldOf("PAGE")), File::ACTIVE_CONTENT),
      DocxRow("picture", FieldOf("includepicture x"), File::ACTIVE_CONTENT),
      DocxRow("another program's", FieldOf("LINK Excel.Sheet x"), File::ACTIVE_CONTENT),
      DocxRow("simple", "<w:fldSimple w:instr=\"DDE x\"/>", File::ACTIVE_CONTENT),
      DocxRow("simple, referred", "<w:fldSimple w:instr='&#68;DE x'/>", File::ACTIVE_CONTENT),
      DocxRow("without a beginning", "<w:instrText>DDE x</w:instrText>", File::ACTIVE_CONTENT),
  };
  for (const Row& row : rows) Expect(row);
}

TEST(Content, RefusesReferencesThatLeaveADocument) {
  const Row rows[] = {
      OdtRow("link", "<text:a xlink:href=\"https://e.org/\"/>", kKept),
      OdtRow("picture", "<draw:image xlink:href=\"Pictures/a.png\"/>", kKept),
      OdtRow("template", "<meta:template xlink:href=\"../../t/cv.ott\"/>", kKept),
      OdtRow("macro, referred", "<t:a x:href=\"vnd.sun.star.&#115;cript:x\"/>", File::MACRO),
      OdtRow("macro, with a blank", "<t:a x:href=\"mac&#10;ro:///x\"/>", File::MACRO),
      OdtRow("event", "<script:event-listener/>", File::MACRO),
      OdtRow("picture of the web", "<d:image x:href=\"http://e.org/a\"/>", File::ACTIVE_CONTENT),
      OdtRow("picture beside", "<d:image x:href=\"../a.png\"/>", File::ACTIVE_CONTENT),
      OdtRow("picture of a share", "<d:image x:href=\"//h/a\"/>", File::ACTIVE_CONTENT),
      OdtRow("template of a share", "<m:template x:href=\"file:////h/a\"/>", File::ACTIVE_CONTENT),
      OdtRow("link to a file", "<t:a x:href=\"file:///c:/a.exe\"/>", File::ACTIVE_CONTENT),
      OdtRow("link to a share", "<t:a x:href=\"\\\\h\\a\"/>", File::ACTIVE_CONTENT),
      OdtRow("another program's", "<text:dde-connection-decl/>", File::ACTIVE_CONTENT),
      OdtRow("another program's", "<office:dde-source/>", File::ACTIVE_CONTENT),
      DocxRow("picture of the web", "<v:imagedata src=\"http://e.org/a\"/>", File::ACTIVE_CONTENT),
      {"link to a share", File::DOCX,
       Zip(With(DocxParts(), "word/_rels/document.xml.rels",
                Relations("<Relationship Type=\"t/hyperlink\" TargetMode=\"External\" "
                          "Target=\"file://h/a\"/>"))),
       File::ACTIVE_CONTENT},
      {"another document", File::DOCX,
       Zip(With(DocxParts(), "word/_rels/document.xml.rels",
                Relations("<Relationship Type=\"t/aFChunk\" Target=\"a.xml\"/>"))),
       File::EMBEDDED_FILE},
  };
  for (const Row& row : rows) Expect(row);
}

TEST(Content, RefusesXmlThatTwoProgramsReadDifferently) {
  const std::string other = "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>";
  const Row rows[] = {
      OdtRow("instruction and comment", "<?mso-x a?><!-- <x> -->", kKept),
      OdtRow("a bracket in a value", "<a b=\"1>2\"/>", kKept),
      OdtRow("CDATA", "<![CDATA[x]]>", File::MALFORMED),
      OdtRow("open", "<a>", File::MALFORMED),
      OdtRow("closed twice", "</a></a>", File::MALFORMED),
      OdtRow("unknown reference", "<a b=\"&x;\"/>", File::MALFORMED),
      OdtRow("no quotes", "<a b=1/>", File::MALFORMED),
      {"declared", File::ODT,
       Zip(With(OdtParts(), "content.xml",
                "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<a/>")),
       kKept},
      {"nothing", File::ODT, Zip(With(OdtParts(), "Configurations2/a/current.xml", "")), kKept},
      {"no element", File::ODT, Zip(With(OdtParts(), "content.xml", "{rtf}")), File::MALFORMED},
      {"encoding", File::ODT, Zip(With(OdtParts(), "content.xml", other)), File::MALFORMED},
      {"UTF-16", File::ODT, Zip(With(OdtParts(), "content.xml", "\xff\xfe<\0a\0/\0>\0"s)),
       File::MALFORMED},
      {"type of document", File::ODT, Zip(With(OdtParts(), "content.xml", "<!DOCTYPE a><a/>")),
       File::MALFORMED},
      {"entities", File::DOCX,
       Zip(With(DocxParts(), "word/document.xml", "<!DOCTYPE a [<!ENTITY x 'y'>]><a/>")),
       File::MALFORMED},
      {"program as picture", File::DOCX, Zip(With(DocxParts(), "word/media/a.png", "MZ\x90")),
       File::EMBEDDED_FILE},
      {"OLE as picture", File::DOCX,
       Zip(With(DocxParts(), "word/media/a.emf", "\xd0\xcf\x11\xe0\xa1")), File::EMBEDDED_FILE},
  };
  for (const Row& row : rows) Expect(row);
}

TEST(Content, RefusesWhatExpandsTooFar) {
  const std::string much(enrolment::kExpandedBytesMax + 1, ' ');
  ExpectInPiecesOf(65'536, {"a bomb", File::PDF, Pdf("", ObjectStream(much)), File::MALFORMED});
  ExpectInPiecesOf(
      65'536, {"a bomb", File::ODT, Zip(With(OdtParts(), "styles.xml", much)), File::MALFORMED});
}

TEST(Content, RefusesArchivesThatTwoProgramsReadDifferently) {
  const std::string good = Zip(OdtParts());
  const Parts twice = {{"mimetype", "x"}, {"a.xml", "x"}, {"A.xml", "y"}};
  const Row rows[] = {
      {"a name twice", File::ODT, Zip(twice), File::MALFORMED},
      {"a way out", File::ODT, Zip(With(OdtParts(), "../a.xml", "x")), File::MALFORMED},
      {"encrypted", File::ODT, Zip(OdtParts(), 1), File::ENCRYPTED},
      {"descriptor announced and missing", File::ODT, Zip(OdtParts(), 8), File::MALFORMED},
      {"cut", File::ODT, good.substr(0, good.size() - 1), File::MALFORMED},
      {"nothing", File::ODT, "PK\3\4", File::MALFORMED},
  };
  for (const Row& row : rows) Expect(row);
  Parts many = OdtParts();
  for (size_t i = 0; i <= enrolment::kPartsMax; ++i) many.emplace_back(absl::StrCat(i, ".xml"), "");
  Expect({"too many parts", File::ODT, Zip(many), File::MALFORMED});
  // Every single byte may be changed: it is judged, and nothing breaks.
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0xff);
    BytesInPieces source(bytes, 100);
    EXPECT_TRUE(enrolment::JudgeContent(File::ODT, source).ok());
  }
}

}  // namespace
}  // namespace vivier::testing
