#include "shared/web/portal/pages.h"

#include "absl/strings/match.h"
#include "shared/web/gzip.h"

namespace vivier::web {
namespace {

const char* TypeOf(const std::string& file) {
  if (absl::EndsWith(file, ".html")) return "text/html; charset=utf-8";
  if (absl::EndsWith(file, ".css")) return "text/css; charset=utf-8";
  if (absl::EndsWith(file, ".svg")) return "image/svg+xml";
  return "text/javascript; charset=utf-8";
}

}  // namespace

Headers Pages::Guards() {
  return {{"content-security-policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
           "'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
          {"cross-origin-opener-policy", "same-origin"},
          {"cross-origin-resource-policy", "same-origin"},
          {"permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"},
          {"referrer-policy", "no-referrer"},
          {"x-content-type-options", "nosniff"},
          {"x-frame-options", "DENY"}};
}

Pages::Pages() {
  for (const CompiledPage& page : CompiledPages()) {
    HttpAnswer answer{200, Guards(), page.text, nullptr};
    answer.headers.emplace_back("content-type", TypeOf(page.file));
    answer.headers.emplace_back("cache-control", "no-cache");
    answer.headers.emplace_back("vary", "Accept-Encoding");
    const std::string path =
        page.file == std::string("index.html") ? "/" : "/-/" + std::string(page.file);
    HttpAnswer packed = answer;
    packed.body = Gzip(page.text);
    packed.headers.emplace_back("content-encoding", "gzip");
    plain_[path] = std::move(answer);
    packed_[path] = std::move(packed);
  }
}

const HttpAnswer* Pages::Find(const std::string& path, bool gzip) const {
  const auto& pages = gzip ? packed_ : plain_;
  const auto found = pages.find(path);
  return found == pages.end() ? nullptr : &found->second;
}

}  // namespace vivier::web
