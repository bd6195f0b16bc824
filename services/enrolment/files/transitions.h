// What moves a file: an rpc, or what its last bytes were found to be. Rows without code,
// thread-safe; transitions_test.cc compares them with the diagram and with what the rules do. A
// file that expires has no state any more.
//
//   File  new ─CreateFile▶ UPLOADING ─Accept▶ READY ─DeleteFile▶ DELETED ─UndeleteFile▶ READY
//         UPLOADING ─Refuse▶ REFUSED
#pragma once

#include "shared/base/transition.h"
#include "vivier/enrolment/v1/files.pb.h"

namespace vivier::enrolment {

inline constexpr Transition<v1::File::State> kFileTransitions[] = {
    {v1::File::STATE_UNSPECIFIED, "CreateFile", v1::File::UPLOADING},
    {v1::File::UPLOADING, "Accept", v1::File::READY},
    {v1::File::UPLOADING, "Refuse", v1::File::REFUSED},
    {v1::File::READY, "DeleteFile", v1::File::DELETED},
    {v1::File::DELETED, "UndeleteFile", v1::File::READY},
};

}  // namespace vivier::enrolment
