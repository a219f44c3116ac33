#include "cli/base64.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace stator::cli {
namespace {

TEST(Base64, HasTheVectorsOfRfc4648) {
  EXPECT_EQ(base64_encoded(""), "");
  EXPECT_EQ(base64_encoded("f"), "Zg==");
  EXPECT_EQ(base64_encoded("fo"), "Zm8=");
  EXPECT_EQ(base64_encoded("foobar"), "Zm9vYmFy");
}

RC_GTEST_PROP(Base64, DecodesWhatItEncodes, (const std::string& bytes)) {
  RC_ASSERT(base64_decoded(base64_encoded(bytes)) == bytes);
}

TEST(Base64, RefusesWhatIsNone) {
  EXPECT_FALSE(base64_decoded("Zg"));
  EXPECT_FALSE(base64_decoded("Zg=!"));
  EXPECT_FALSE(base64_decoded("===="));
}

}  // namespace
}  // namespace stator::cli
