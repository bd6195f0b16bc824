#include "shared/security/tokens/key_document.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <fstream>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"

namespace vivier::security {
namespace {

constexpr absl::string_view kFile = "file:";

using Address = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
using Request = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

// "" when the address has no such part.
std::string Part(CURLU& address, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(&address, part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return text;
}

bool IsLoopback(const std::string& host) {
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  return host == "localhost" || host == "[::1]";
}

// Read by the library that will ask it, so that both see the same host.
absl::Status CheckUrl(const std::string& field, const std::string& text) {
  const Address address(curl_url(), &curl_url_cleanup);
  if (curl_url_set(address.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return InvalidField(field, "is neither an address of https or http nor file:PATH");
  const std::string scheme = Part(*address, CURLUPART_SCHEME);
  if (!Part(*address, CURLUPART_USER).empty() || !Part(*address, CURLUPART_PASSWORD).empty())
    return InvalidField(field, "holds a user or a password; the keys of an issuer are public");
  if (scheme == "https" || (scheme == "http" && IsLoopback(Part(*address, CURLUPART_HOST))))
    return absl::OkStatus();
  return InvalidField(
      field,
      "is https, http on loopback only, or file:PATH: who can change the keys can be anybody");
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kKeyDocumentSizeMax + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.empty()) return Unavailable("the file cannot be read, or is empty");
  if (content.size() > kKeyDocumentSizeMax)
    return Unavailable("the file is longer than a key set may be");
  return content;
}

// Fewer bytes than were given end the transfer.
size_t Append(const char* bytes, size_t, size_t size, void* document) {
  std::string& text = *static_cast<std::string*>(document);
  if (text.size() + size > kKeyDocumentSizeMax) return 0;
  text.append(bytes, size);
  return size;
}

void Prepare(CURL* request, const std::string& url, const std::string& authority_file,
             std::string& document) {
  curl_easy_setopt(request, CURLOPT_URL, url.c_str());
  curl_easy_setopt(request, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(request, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(request, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(request, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(request, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(kKeyDocumentPatience)));
  curl_easy_setopt(request, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!authority_file.empty()) curl_easy_setopt(request, CURLOPT_CAINFO, authority_file.c_str());
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(request, CURLOPT_WRITEDATA, &document);
}

absl::StatusOr<std::string> Get(const std::string& url, const std::string& authority_file) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Request request(initialised == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup);
  if (request == nullptr) return Internal("libcurl does not start");
  std::string document;
  Prepare(request.get(), url, authority_file, document);
  if (const CURLcode code = curl_easy_perform(request.get()); code != CURLE_OK)
    return Unavailable(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(request.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200)
    return Unavailable(absl::StrCat("the server answers with the HTTP status ", status));
  return document;
}

}  // namespace

absl::Status CheckKeyAddress(const std::string& field, const std::string& address) {
  absl::string_view path = address;
  if (!absl::ConsumePrefix(&path, kFile)) return CheckUrl(field, address);
  return path.empty() ? InvalidField(field, "names no file") : absl::OkStatus();
}

absl::StatusOr<std::string> ReadKeyDocument(const std::string& address,
                                            const std::string& authority_file) {
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, kFile)) return ReadFile(std::string(path));
  return Get(address, authority_file);
}

}  // namespace vivier::security
