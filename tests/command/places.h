// A folder in which command lines are run as a shell runs them, and what stands in it before and
// after. Not thread-safe.
#pragma once

#include <map>
#include <string>

namespace vivier::testing {

struct Ran {
  int status = 0;
  std::string text;  // of both streams; the folder is called FOLDER in it
};

class Place {
 public:
  Place();
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  const std::string& path() const { return path_; }
  // A command line "vivier …", run here, with nothing to read.
  Ran Run(const std::string& line) const;
  void Write(const std::string& name, const std::string& text) const;
  // Every file and folder below, each file with its bytes.
  std::map<std::string, std::string> Content() const;

 private:
  std::string path_;
};

}  // namespace vivier::testing
