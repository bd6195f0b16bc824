#include "shared/web/form.h"

#include "gtest/gtest.h"

namespace vivier::web {
namespace {

TEST(Form, IsTheContentTypesOfTheKindOfTheMethod) {
  struct Row {
    const char* type;
    bool streams;
    const char* form;  // "" for none
  };
  for (const Row& row : std::vector<Row>{
           {"application/json", false, "connect+json"},
           {"application/json; charset=utf-8", false, "connect+json"},
           {"Application/JSON;charset=UTF-8", false, "connect+json"},
           {"application/proto", false, "connect+proto"},
           {"application/connect+json", true, "connect+json"},
           {"application/connect+proto", true, "connect+proto"},
           {"application/grpc-web", false, "grpc-web"},
           {"application/grpc-web+proto", true, "grpc-web"},
           {"application/grpc-web-text", true, "grpc-web-text"},
           {"application/json", true, ""},
           {"application/connect+json", false, ""},
           {"application/grpc", false, ""},
           {"application/grpc-web+json", false, ""},
           {"application/json; charset=latin1", false, ""},
           {"application/jsonx", false, ""},
           {"text/plain", false, ""},
           {"application/x-www-form-urlencoded", false, ""},
           {"multipart/form-data; boundary=x", false, ""},
           {"", false, ""},
       }) {
    const std::optional<Form> form = FormOf(row.type, row.streams);
    EXPECT_EQ(form.has_value() ? NameOf(*form) : "", row.form) << row.type;
    if (form.has_value()) {
      EXPECT_EQ(FormOf(ContentTypeOf(*form), row.streams).has_value(), true) << row.type;
    }
  }
}

TEST(Form, ReadsTimeouts) {
  EXPECT_EQ(*ConnectTimeout("0"), absl::ZeroDuration());
  EXPECT_EQ(*ConnectTimeout("1500"), absl::Milliseconds(1500));
  EXPECT_EQ(*ConnectTimeout("9999999999"), absl::Milliseconds(9'999'999'999));
  for (const char* wrong : {"", "-1", "1.5", "1s", " 1", "99999999999", "0x1"})
    EXPECT_FALSE(ConnectTimeout(wrong).ok()) << wrong;
  EXPECT_EQ(*GrpcTimeout("2S"), absl::Seconds(2));
  EXPECT_EQ(*GrpcTimeout("3m"), absl::Milliseconds(3));
  EXPECT_EQ(*GrpcTimeout("4u"), absl::Microseconds(4));
  EXPECT_EQ(*GrpcTimeout("1H"), absl::Hours(1));
  EXPECT_EQ(*GrpcTimeout("1M"), absl::Minutes(1));
  EXPECT_EQ(*GrpcTimeout("5n"), absl::Nanoseconds(5));
  for (const char* wrong : {"", "S", "1", "1s", "-1S", "123456789S", "1 S"})
    EXPECT_FALSE(GrpcTimeout(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace vivier::web
