// Every page that a caller may ask for is read forward from one index, on both engines; and what
// looks at plans finds what is planted.
#include "tests/support/plans.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "shared/storage/rows/filter.h"
#include "shared/storage/rows/page_indexes.h"
#include "shared/storage/rows/page_query.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Resources that declare what they are filtered by.
std::vector<const Schema*> Listed() {
  std::vector<const Schema*> found;
  for (const std::string& service : rpc::TradeServices())
    for (const pb::FileDescriptor* file : rpc::FilesOf(service))
      for (int i = 0; i < file->message_type_count(); ++i) {
        const pb::Descriptor* message = file->message_type(i);
        for (int j = 0; j < message->field_count(); ++j)
          if (message->field(j)->options().GetExtension(options::v1::filterable)) {
            found.push_back(&Schema::Of(message));
            break;
          }
      }
  return found;
}

Value SomeOf(const Schema::Column& column) {
  if (column.kind == Schema::Kind::kInteger || column.kind == Schema::Kind::kMicroseconds)
    return int64_t{7};
  return std::string("x");
}

// A parent of the depth that the resource's names have.
std::string ParentOf(const Schema& schema) {
  for (const char* parent : {"schools/nancy/a/b/c/d", "schools/nancy/a/b"})
    if (ParentColumn(schema, parent) != nullptr) return parent;
  return "schools/nancy";
}

std::vector<std::string> PagesBy(const Schema& schema, const Schema::Column& column) {
  const Value some = SomeOf(column);
  const std::string parent = ParentOf(schema);
  const auto sql = [&](std::vector<Clause> filter, Order order, std::optional<PagePlace> after) {
    return PageQuery(schema, {"nancy", parent, std::move(filter), order, std::move(after), 51}).sql;
  };
  std::vector<std::string> pages = {
      sql({}, {}, {}),
      sql({}, {nullptr, true}, {}),
      sql({{&column, "=", {some}}}, {}, {}),
      sql({{&column, "=", {some}}}, {nullptr, true}, {}),
      sql({{&column, "=", {some, some}}}, {}, {}),
      sql({{&column, "=", {some, some}}}, {nullptr, true}, {}),
  };
  for (const bool descending : {false, true}) {
    const Order order{&column, descending};
    for (const std::optional<PagePlace>& after :
         {std::optional<PagePlace>(), std::optional<PagePlace>({"n", some})}) {
      pages.push_back(sql({}, order, after));
      pages.push_back(sql({{&column, ">=", {some}}, {&column, "<", {some}}}, order, after));
    }
  }
  return pages;
}

TEST(PlansTest, EveryPageIsReadForwardFromOneIndex) {
  std::vector<std::string> pages;
  for (const Schema* schema : Listed())
    for (const Schema::Column& column : schema->columns())
      if (column.filterable)
        for (std::string& page : PagesBy(*schema, column)) pages.push_back(std::move(page));
  EXPECT_GT(pages.size(), 600u);
  EXPECT_THAT(testing::FaultsOf(pages), IsEmpty());
}

TEST(PlansTest, FindsAScanAndASort) {
  EXPECT_THAT(testing::FaultsOf({"SELECT name FROM applications WHERE channel = $1"}),
              ElementsAre(AllOf(HasSubstr("Sqlite"), HasSubstr("SCAN applications")),
                          AllOf(HasSubstr("Postgres"), HasSubstr("Seq Scan on applications"))));
  EXPECT_THAT(testing::FaultsOf({"SELECT name FROM applications WHERE school = $1 AND cohort = $2 "
                                 "ORDER BY channel LIMIT 3"}),
              ElementsAre(HasSubstr("TEMP B-TREE"), HasSubstr("Sort")));
  EXPECT_THAT(
      testing::FaultsOf({"SELECT name FROM applications WHERE school = $1 AND channel = $2"}),
      ElementsAre(HasSubstr("(school=?)")));
  EXPECT_THAT(testing::FaultsOf({"SELECT name FROM applications WHERE school = $1 AND name = $2"}),
              IsEmpty());
}

}  // namespace
}  // namespace vivier::storage
