#include "cli/ctl/act.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "cli/ctl/format.hpp"
#include "cli/ctl/session.hpp"
#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

// What the agent itself may take for these, by its local API.
constexpr Duration kPingTakes = std::chrono::seconds{3};
constexpr Duration kJoinTakes = std::chrono::seconds{6};
constexpr Duration kLeaveTakes = std::chrono::seconds{10};

constexpr std::size_t kPings = 5;
constexpr std::chrono::milliseconds kPingPause{200};

Document number_or_nil(const std::optional<double>& number) {
    return number ? Document(*number) : Document();
}

Document ping_document(const std::string& name,
                       const std::string& address,
                       const PingSummary& summary,
                       const std::vector<std::optional<double>>& round_trips_ms) {
    Document list = Document::array();
    for (const auto& ms : round_trips_ms) {
        list.push_back(number_or_nil(ms));
    }
    return {{"name", name},
            {"address", address},
            {"sent", summary.sent},
            {"answered", summary.answered},
            {"rtt_ms", std::move(list)},
            {"min_ms", number_or_nil(summary.min_ms)},
            {"median_ms", number_or_nil(summary.median_ms)},
            {"max_ms", number_or_nil(summary.max_ms)}};
}

int tags_answered(Session& session, const Result<Document>& answer) {
    if (!answer) {
        return session.fail(answer.error());
    }
    return session.print(*answer, tags_answer_text(*answer, session.console().look()));
}

}  // namespace

PingSummary summary_of(const std::vector<std::optional<double>>& round_trips_ms) {
    std::vector<double> answered;
    for (const auto& ms : round_trips_ms) {
        if (ms) {
            answered.push_back(*ms);
        }
    }
    PingSummary summary{round_trips_ms.size(), answered.size(), {}, {}, {}};
    if (!answered.empty()) {
        std::sort(answered.begin(), answered.end());
        const std::size_t middle = answered.size() / 2;
        summary.min_ms = answered.front();
        summary.median_ms = answered.size() % 2 == 1
                                ? answered[middle]
                                : (answered[middle - 1] + answered[middle]) / 2;
        summary.max_ms = answered.back();
    }
    return summary;
}

std::string summary_text(const PingSummary& summary) {
    std::string text =
        fmt::format("{} of {} answered", summary.answered, count_text(summary.sent, "ping"));
    if (summary.median_ms) {
        text +=
            fmt::format("; round trip min {}, median {}, max {}", round_trip_text(*summary.min_ms),
                        round_trip_text(*summary.median_ms), round_trip_text(*summary.max_ms));
    }
    return text + '\n';
}

std::string leave_text(std::uint64_t acknowledged, std::uint64_t others) {
    if (others == 0) {
        return "Left; there was no other member to acknowledge it.\n";
    }
    return fmt::format("Left; {} of {} acknowledged it.\n", acknowledged,
                       count_text(std::max(others, acknowledged), "other member"));
}

std::string tags_answer_text(const Document& answer, const Look& look) {
    const std::string tags = tags_text(at(answer, "tags"));
    return wrapped(printable(tags.empty() ? "no tags" : "tags: " + tags), 0, look.columns) + '\n';
}

int run_ping(Session& session) {
    const std::string& name = session.options().name;
    Console& console = session.console();
    std::vector<std::optional<double>> round_trips;
    std::string address;
    for (std::size_t i = 0; i < kPings && !console.is_closed(); ++i) {
        if (i > 0) {
            std::this_thread::sleep_for(kPingPause);
        }
        const Result<Document> answer =
            session.ask("ping", Document::value_t::object, {{"name", name}}, kPingTakes);
        if (!answer) {
            return session.fail(answer.error());
        }
        address = text_at(*answer, "address");
        const auto ms = number_at(*answer, "rtt_ms");
        round_trips.push_back(true_at(*answer, "answered") ? ms : std::nullopt);
        if (!session.is_json()) {
            console.print(shortened(printable(fmt::format("{} at {}: {}", name, address,
                                                          round_trips.back()
                                                              ? round_trip_text(*round_trips.back())
                                                              : "no answer")),
                                    console.look().columns) +
                          '\n');
        }
    }
    const PingSummary summary = summary_of(round_trips);
    session.print(ping_document(name, address, summary, round_trips), summary_text(summary));
    return summary.answered > 0 ? kExitDone : kExitNo;
}

int run_join(Session& session) {
    const Result<Document> answer =
        session.ask("join", Document::value_t::object, {{"addresses", session.options().addresses}},
                    kJoinTakes);
    if (!answer) {
        return session.fail(answer.error());
    }
    const std::vector<std::string> refused = texts_of(at(*answer, "refused"));
    if (true_at(*answer, "joined")) {
        std::string text =
            fmt::format("Joined; {} alive now.\n",
                        count_text(count_at(*answer, "members").value_or(0), "member"));
        for (const std::string& reason : refused) {
            text += wrapped(printable(reason), 0, session.console().look().columns) + '\n';
        }
        return session.print(*answer, text);
    }
    if (session.is_json()) {
        session.print(*answer, "");
    }
    return session.refuse(refused.empty()
                              ? "nobody has let this agent in yet: it keeps trying"
                              : "nobody has let this agent in: " + enumeration(refused));
}

int run_leave(Session& session) {
    const Result<Document> info = session.ask("info", Document::value_t::object);
    if (!info) {
        return session.fail(info.error());
    }
    // Of the others: this agent counts itself among the alive.
    const std::uint64_t alive = count_at(at(*info, "members"), "alive").value_or(1);
    const std::uint64_t others = alive > 0 ? alive - 1 : 0;
    const Result<Document> answer =
        session.ask("leave", Document::value_t::object, Document::object(), kLeaveTakes);
    if (!answer) {
        return session.fail(answer.error());
    }
    const std::uint64_t acknowledged = count_at(*answer, "acknowledged").value_or(0);
    if (session.is_json() || acknowledged > 0 || others == 0) {
        session.print(*answer, leave_text(acknowledged, others));
    }
    if (acknowledged == 0 && others > 0) {
        return session.refuse(
            fmt::format("left, but none of {} acknowledged it: they will notice by themselves",
                        count_text(others, "other member")));
    }
    return kExitDone;
}

int run_forget(Session& session) {
    const std::string& name = session.options().name;
    const Result<Document> answer =
        session.ask("forget", Document::value_t::object, {{"name", name}});
    if (!answer) {
        return session.fail(answer.error());
    }
    return session.print(*answer, fmt::format("Forgot {}.\n", printable(name)));
}

int run_tags_set(Session& session) {
    Document tags = Document::object();
    for (const auto& [key, value] : session.options().tags) {
        tags[key] = value;
    }
    return tags_answered(
        session, session.ask("tags_set", Document::value_t::object, {{"tags", std::move(tags)}}));
}

int run_tags_unset(Session& session) {
    return tags_answered(session, session.ask("tags_unset", Document::value_t::object,
                                              {{"keys", session.options().keys}}));
}

}  // namespace memberd::ctl
