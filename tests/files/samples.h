// Small files of every format, good ones and bad ones, built by hand so that each differs from a
// good one in the one thing that it is about. Functions without state, thread-safe.
#pragma once

#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/enrolment/files/bytes.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::testing {

// Bytes in memory, handed out in pieces of a size.
class BytesInPieces final : public enrolment::ByteSource {
 public:
  BytesInPieces(absl::string_view bytes, size_t piece) : bytes_(bytes), piece_(piece) {}
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }
  absl::StatusOr<absl::string_view> At(int64_t offset) override {
    const size_t at = std::min(static_cast<size_t>(offset), bytes_.size());
    return bytes_.substr(at, std::min(piece_, bytes_.size() - at));
  }

 private:
  const absl::string_view bytes_;
  const size_t piece_;
};

// A number of `count` bytes, the lowest first.
inline std::string Little(uint64_t number, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(number >> (8 * i)));
  return bytes;
}

// Deflated as ZIP has it (`bits` -15) or as PDF has it (15).
inline std::string Deflated(const std::string& text, int bits) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

using Parts = std::vector<std::pair<std::string, std::string>>;  // name, content

// The first part is stored, the others are deflated.
inline std::string Zip(const Parts& parts, int flags = 0) {
  std::string bytes, directory;
  for (const auto& [name, content] : parts) {
    const bool deflated = !bytes.empty();
    const std::string data = deflated ? Deflated(content, -MAX_WBITS) : content;
    const uLong crc =
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    const std::string common =
        absl::StrCat(Little(20, 2), Little(static_cast<uint64_t>(flags), 2),
                     Little(deflated ? 8 : 0, 2), Little(0, 4), Little(crc, 4),
                     Little(data.size(), 4), Little(content.size(), 4), Little(name.size(), 2));
    absl::StrAppend(&directory, "PK\x01\x02", Little(20, 2), common, Little(0, 2), Little(0, 2),
                    Little(0, 4), Little(0, 4), Little(bytes.size(), 4), name);
    absl::StrAppend(&bytes, "PK\x03\x04", common, Little(0, 2), name, data);
  }
  return absl::StrCat(bytes, directory, "PK\x05\x06", Little(0, 4), Little(parts.size(), 2),
                      Little(parts.size(), 2), Little(directory.size(), 4), Little(bytes.size(), 4),
                      Little(0, 2));
}

inline Parts OdtParts() {
  return {{"mimetype", "application/vnd.oasis.opendocument.text"},
          {"content.xml",
           "<office:document-content><text:p>Bonjour</text:p>"
           "</office:document-content>"},
          {"META-INF/manifest.xml", "<manifest:manifest/>"},
          {"Thumbnails/thumbnail.png", "\x89PNG"}};
}

inline std::string Relations(const std::string& inside) {
  return absl::StrCat("<?xml version=\"1.0\"?><Relationships xmlns=\"r\">", inside,
                      "</Relationships>");
}

inline Parts DocxParts() {
  return {{"[Content_Types].xml",
           "<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/"
           "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>"},
          {"_rels/.rels", Relations("<Relationship Id=\"r1\" Type=\"t/officeDocument\" "
                                    "Target=\"word/document.xml\"/>")},
          {"word/document.xml", "<w:document><w:p>Bonjour</w:p></w:document>"},
          {"word/_rels/document.xml.rels",
           Relations("<Relationship Id=\"r1\" Type=\"t/hyperlink\" TargetMode=\"External\" "
                     "Target=\"https://example.org\"/>")}};
}

inline Parts Without(Parts parts, const std::string& name) {
  std::erase_if(parts, [&name](const auto& part) { return part.first == name; });
  return parts;
}

inline Parts With(Parts parts, const std::string& name, const std::string& content) {
  for (auto& [known, text] : parts)
    if (known == name) {
      text = content;
      return parts;
    }
  parts.emplace_back(name, content);
  return parts;
}

// A document of one page, whose catalogue says `catalogue` besides, with `objects` behind.
inline std::string Pdf(const std::string& catalogue = "", const std::string& objects = "",
                       const std::string& page = "BT (HTML and /JavaScript) Tj ET") {
  return absl::StrCat(
      "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R ", catalogue,
      " >>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1/ID<414243>>>\nendobj\n"
      "3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>\nendobj\n4 0 obj\n<< /Length ",
      page.size(), " >>\nstream\n", page,
      "\nendstream\nendobj\n5 0 obj\n<< /Title (A (good) "
      "/Launch \\) of JavaScript) >>\nendobj\n",
      objects, "trailer\n<< /Root 1 0 R /Info 5 0 R >>\nstartxref\n0\n%%EOF\n");
}

// A stream of objects, deflated.
inline std::string ObjectStream(const std::string& objects,
                                const std::string& entries = "/Filter /FlateDecode",
                                bool deflated = true) {
  const std::string data = deflated ? Deflated(objects, MAX_WBITS) : objects;
  return absl::StrCat("9 0 obj\n<< /Type /ObjStm /N 1 /First 4 ", entries, " /Length ", data.size(),
                      " >>\nstream\r\n", data, "\nendstream\nendobj\n");
}

// A number of `count` bytes, the highest first.
inline std::string Big(uint64_t number, int count) {
  const std::string little = Little(number, count);
  return {little.rbegin(), little.rend()};
}

// Headers of a frame and a scan, data without marks, and the end.
inline std::string Jpeg(size_t bytes = 64) {
  std::string jpeg = absl::StrCat("\xff\xd8\xff\xc0", Big(11, 2), std::string(9, '\1'), "\xff\xda",
                                  Big(8, 2), std::string(6, '\1'));
  for (uint32_t i = 1; jpeg.size() + 2 < bytes; ++i)
    jpeg.push_back(static_cast<char>(((i * 2654435761u) >> 24) & 0x7f));
  return jpeg + "\xff\xd9";
}

inline std::string PngChunk(const std::string& type, const std::string& data) {
  return absl::StrCat(Big(data.size(), 4), type, data, Little(0, 4));
}

inline std::string Png() {
  return absl::StrCat("\x89PNG\r\n\x1a\n", PngChunk("IHDR", std::string(13, '\1')),
                      PngChunk("IDAT", "x"), PngChunk("IEND", ""));
}

inline std::string Webp() {
  return absl::StrCat("RIFF", Little(16, 4), "WEBPVP8L", Little(4, 4), "data");
}

inline std::string Heic() {
  return absl::StrCat(Big(16, 4), "ftypheic", Little(0, 4), Big(12, 4), "metadata", Big(0, 4),
                      "mdatpicture");
}

}  // namespace vivier::testing
