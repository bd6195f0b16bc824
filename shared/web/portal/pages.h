// The portal's pages, compiled in: text by path, compressed once. Immutable.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "shared/web/server/http.h"

namespace vivier::web {

struct CompiledPage {
  const char* file;  // "console.mjs"
  std::string text;
};
// The files of services/portal, written by CMake.
const std::vector<CompiledPage>& CompiledPages();

class Pages {
 public:
  Pages();

  // A page's answer; null where there is none of that path. "/" is index.html.
  const HttpAnswer* Find(const std::string& path, bool gzip) const;

  // What every page is told: it loads nothing from elsewhere, runs nothing that is not in a file of
  // ours, and is framed by nobody.
  static Headers Guards();

 private:
  absl::flat_hash_map<std::string, HttpAnswer> plain_, packed_;
};

}  // namespace vivier::web
