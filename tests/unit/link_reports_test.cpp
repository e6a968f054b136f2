#include "membership/link_reports.hpp"

#include <gtest/gtest.h>

namespace memberd {
namespace {

using namespace std::chrono_literals;

std::string said(const std::vector<LinkReport>& reports) {
    std::string text;
    for (const LinkReport& report : reports) {
        text += report.name + (report.condition == LinkCondition::Broken ? '-' : '+');
    }
    return text;
}

class LinkReportsTest : public ::testing::Test {
  protected:
    using enum LinkCondition;

    std::string at(Duration time) { return said(links.due(Instant(time))); }

    LinkReports links;
};

TEST_F(LinkReportsTest, SayOnceThatALinkIsBrokenAndOnceThatItIsMended) {
    links.note("b", Broken);
    links.note("a", Broken);
    EXPECT_EQ(at(1s), "a-b-");
    links.note("a", Broken);
    EXPECT_EQ(at(2s), "");
    links.note("a", Mended);
    EXPECT_EQ(at(3s), "a+");
    EXPECT_EQ(at(4s), "");
}

TEST_F(LinkReportsTest, SayNothingOfALinkThatMendsAndWasNotSaidToBeBroken) {
    links.note("a", Mended);
    EXPECT_EQ(at(1s), "");
    EXPECT_EQ(links.size(), 0U);
}

TEST_F(LinkReportsTest, SayOfALinkThatFlickersOnePairInTenSeconds) {
    std::string all;
    for (int i = 0; i < 1000; ++i) {
        links.note("a", i % 2 == 0 ? Broken : Mended);
        all += at(i * 50ms);
    }
    EXPECT_EQ(all, "a-a+a-a+a-a+a-a+a-a+");
}

TEST_F(LinkReportsTest, SayInTheEndHowItIs) {
    links.note("a", Broken);
    EXPECT_EQ(at(1s), "a-");
    links.note("a", Mended);
    EXPECT_EQ(at(2s), "a+");
    links.note("a", Broken);
    EXPECT_EQ(at(3s), "");
    EXPECT_EQ(at(10'999ms), "");
    EXPECT_EQ(at(11s), "a-");
}

TEST_F(LinkReportsTest, KeepNothingOfALinkThatRests) {
    links.note("a", Broken);
    EXPECT_EQ(at(1s), "a-");
    links.note("a", Mended);
    EXPECT_EQ(at(2s), "a+");
    EXPECT_EQ(links.size(), 1U);
    EXPECT_EQ(at(11s), "");
    EXPECT_EQ(links.size(), 0U);
}

TEST_F(LinkReportsTest, ForgetAMemberThatIsGone) {
    links.note("a", Broken);
    links.note("b", Broken);
    EXPECT_EQ(at(1s), "a-b-");
    links.forget("a");
    links.forget_if([](const std::string& name) { return name == "b"; });
    links.note("a", Mended);
    EXPECT_EQ(at(2s), "");
    EXPECT_EQ(links.size(), 0U);
}

TEST_F(LinkReportsTest, AreBounded) {
    for (std::size_t i = 0; i < LinkReports::kLinksMax + 10; ++i) {
        links.note("m" + std::to_string(i), Broken);
    }
    EXPECT_EQ(links.size(), LinkReports::kLinksMax);
}

}  // namespace
}  // namespace memberd
