// How long readings are kept (shared/process/readings_end.h): they name principals and what they
// were shown, so they are personal data of those who work here, and end.
#include "shared/process/readings_end.h"

namespace vivier::site {

const ReadingPolicy& Readings() {
  // The recommendation asks for six months to a year, and lets a purpose that was thought through,
  // such as the internal control of who misuses their rights, keep them for three years.
  static constexpr ReadingPolicy kPolicy = {
      12, 6, 36, "CNIL, deliberation 2021-122 of 14 October 2021 on logging: 6 to 12 months"};
  return kPolicy;
}

}  // namespace vivier::site
