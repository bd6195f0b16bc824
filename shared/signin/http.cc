#include "shared/signin/http.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/tokens/key_document.h"

namespace vivier::signin {
namespace {

constexpr size_t kAnswerSizeMax = 256 * 1024;
constexpr long kTimeoutMs = 10'000;

// Fewer bytes than were given end the transfer.
size_t Append(const char* bytes, size_t, size_t size, void* document) {
  std::string& text = *static_cast<std::string*>(document);
  if (text.size() + size > kAnswerSizeMax) return 0;
  text.append(bytes, size);
  return size;
}

absl::StatusOr<Answer> Ask(const std::string& url, const std::string* form,
                           const std::string& authority_file) {
  RETURN_IF_ERROR(security::CheckKeyAddress("issuer", url));
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owner(
      initialised == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup);
  CURL* request = owner.get();
  if (request == nullptr) return Internal("libcurl does not start");
  std::string document;
  curl_easy_setopt(request, CURLOPT_URL, url.c_str());
  curl_easy_setopt(request, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(request, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(request, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(request, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(request, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!authority_file.empty()) curl_easy_setopt(request, CURLOPT_CAINFO, authority_file.c_str());
  if (form != nullptr) curl_easy_setopt(request, CURLOPT_POSTFIELDS, form->c_str());
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(request, CURLOPT_WRITEDATA, &document);
  if (const CURLcode code = curl_easy_perform(request); code != CURLE_OK)
    return Unavailable(absl::StrCat(url, ": ", curl_easy_strerror(code)));
  Answer answer;
  curl_easy_getinfo(request, CURLINFO_RESPONSE_CODE, &answer.status);
  if (!google::protobuf::util::JsonStringToMessage(document, &answer.json).ok())
    answer.json.Clear();
  return answer;
}

}  // namespace

std::string Answer::Text(const std::string& member) const {
  const auto found = json.fields().find(member);
  return found == json.fields().end() ? "" : found->second.string_value();
}

double Answer::Number(const std::string& member) const {
  const auto found = json.fields().find(member);
  return found == json.fields().end() ? 0 : found->second.number_value();
}

absl::StatusOr<Answer> Get(const std::string& url, const std::string& authority_file) {
  return Ask(url, nullptr, authority_file);
}

absl::StatusOr<Answer> Post(const std::string& url, const Form& form,
                            const std::string& authority_file) {
  const std::string encoded = Encoded(form);
  return Ask(url, &encoded, authority_file);
}

std::string Encoded(const Form& form) {
  std::string text;
  const auto add = [&text](const std::string& word) {
    for (const char c : word) {
      const auto byte = static_cast<unsigned char>(c);
      if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~')
        text += c;
      else
        absl::StrAppend(&text, "%", absl::BytesToHexString(absl::string_view(&c, 1)));
    }
  };
  for (const auto& [name, value] : form) {
    if (!text.empty()) text += '&';
    add(name);
    text += '=';
    add(value);
  }
  return text;
}

std::string Decoded(absl::string_view text) {
  const auto is_hex = [&text](size_t i) {
    return i < text.size() && absl::ascii_isxdigit(static_cast<unsigned char>(text[i]));
  };
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && is_hex(i + 1) && is_hex(i + 2)) {
      decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace vivier::signin
