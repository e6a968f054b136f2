#include "gossip/endpoint.hpp"

#include <gtest/gtest.h>

namespace memberd {
namespace {

TEST(Endpoint, PrintsWhatItParses) {
    for (const char* text : {"127.0.0.1:7747", "10.1.2.3:1", "[::1]:7747", "[2001:db8::1]:65535"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(to_string(*endpoint), text);
    }
}

TEST(Endpoint, CanonicalisesOtherSpellings) {
    EXPECT_EQ(to_string(*parse_endpoint("[2001:0DB8:0:0::0001]:80")), "[2001:db8::1]:80");
    EXPECT_EQ(to_string(*parse_endpoint("[::ffff:10.0.0.1]:80")), "10.0.0.1:80");
}

TEST(Endpoint, RefusesWhatIsNotANumericAddressWithAPort) {
    for (const char* text :
         {"", ":", "localhost:1", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:1x",
          "::1:7747", "[::1]", "[::1:7747", "1.2.3:7", "[1.2.3.4]:5"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
}

TEST(Endpoint, SplitsNamesToo) {
    const auto parts = split_host_port("seed.example:7747");
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->host, "seed.example");
    EXPECT_EQ(parts->port, 7747);
    EXPECT_EQ(split_host_port("[::]:0")->host, "::");
    EXPECT_FALSE(split_host_port("seed.example"));
}

TEST(Endpoint, KnowsWhatCanBeReached) {
    EXPECT_TRUE(parse_endpoint("127.0.0.1:1")->is_usable());
    EXPECT_TRUE(parse_endpoint("127.0.0.1:1")->is_loopback());
    EXPECT_TRUE(parse_endpoint("[::1]:1")->is_loopback());
    EXPECT_TRUE(parse_endpoint("0.0.0.0:1")->is_wildcard());
    EXPECT_TRUE(parse_endpoint("[::]:1")->is_wildcard());
    EXPECT_FALSE(parse_endpoint("0.0.0.0:1")->is_usable());
    EXPECT_FALSE(parse_endpoint("224.0.0.1:1")->is_usable());
    EXPECT_FALSE(parse_endpoint("[ff02::1]:1")->is_usable());
    EXPECT_FALSE(parse_endpoint("10.0.0.1:1")->is_loopback());
}

}  // namespace
}  // namespace memberd
