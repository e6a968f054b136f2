#include "cli/ctl/ring.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/ctl/format.hpp"
#include "cli/ctl/session.hpp"
#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

// What one request carries: far below the agent's limit of a message, so that keys of any sensible
// length fit.
constexpr std::size_t kKeysBytesPerRequest = 64 * 1024;

std::string share_or_dash(const Document& document, std::string_view key) {
    const auto share = number_at(document, key);
    return share ? share_text(*share) : "-";
}

std::string balance_text(const Document& document, std::string_view key) {
    const auto balance = number_at(document, key);
    return balance ? fmt::format("{:.3f}", std::clamp(*balance, 0.0, 1e6)) : "-";
}

// The largest first; equal ones in the agent's order.
std::vector<const Document*> by_share(const Document& array) {
    std::vector<const Document*> result;
    for (const Document& element : array) {
        result.push_back(&element);
    }
    std::stable_sort(result.begin(), result.end(), [](const Document* a, const Document* b) {
        return number_at(*a, "share").value_or(0) > number_at(*b, "share").value_or(0);
    });
    return result;
}

std::string text_or(std::string text, std::string_view otherwise) {
    return text.empty() ? std::string(otherwise) : text;
}

Result<std::string> read_stdin() {
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count == 0) {
            return text;
        }
        if (count > 0) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            return Error{ErrorCode::System,
                         "stdin can't be read: " + std::generic_category().message(errno)};
        }
    }
}

// The keys of the command line, "-" replaced by those of stdin.
Result<std::vector<std::string>> wanted_keys(const std::vector<std::string>& words) {
    std::vector<std::string> keys;
    for (const std::string& word : words) {
        if (word != "-") {
            keys.push_back(word);
            continue;
        }
        const Result<std::string> text = read_stdin();
        if (!text) {
            return text.error();
        }
        const std::vector<std::string> lines = keys_of_lines(*text);
        keys.insert(keys.end(), lines.begin(), lines.end());
    }
    return keys;
}

// Asks for all keys, as many requests as that takes, and puts the answers behind one another.
Result<Document> look_up(Session& session, const std::vector<std::string>& keys) {
    Document all = Document::array();
    std::size_t next = 0;
    while (next < keys.size()) {
        Document some = Document::array();
        std::size_t bytes = 0;
        do {
            bytes += keys[next].size();
            some.push_back(keys[next]);
            ++next;
        } while (next < keys.size() && bytes + keys[next].size() < kKeysBytesPerRequest &&
                 some.size() < 1000);
        Result<Document> answer =
            session.ask("ring_lookup", Document::value_t::array,
                        {{"keys", std::move(some)}, {"replicas", session.options().replicas}});
        if (!answer) {
            return answer;
        }
        for (Document& element : *answer) {
            all.push_back(std::move(element));
        }
    }
    return all;
}

}  // namespace

std::string ring_text(const Document& ring, const Look& look) {
    const auto agreement = number_at(ring, "agreement");
    const std::string digest = shortened(printable(text_at(ring, "digest")), 16);
    std::string text = fmt::format("digest {}, agreement ", text_or(digest, "-"));
    text += styled(share_or_dash(ring, "agreement"),
                   agreement && *agreement < 1 ? Style::Warning : Style::Good, look);
    text += fmt::format(", balance {}\n", balance_text(ring, "balance"));
    Table table({{"NAME", Align::Left, 1, 12},
                 {"VNODES", Align::Right},
                 {"WEIGHT", Align::Right},
                 {"ZONE", Align::Left, 2, 6, ""},
                 {"SHARE", Align::Right}});
    for (const Document* const member : by_share(array_at(ring, "members"))) {
        const auto vnodes = count_at(*member, "vnodes");
        const auto weight = number_at(*member, "weight");
        table.add({{text_at(*member, "name")},
                   {vnodes ? std::to_string(*vnodes) : "-"},
                   {weight ? weight_text(*weight) : "-"},
                   {text_at(*member, "zone")},
                   {share_or_dash(*member, "share")}});
    }
    return text + (table.empty() ? "Nobody is on the ring.\n" : table.render(look));
}

std::string lookup_text(const Document& lookup, const Look& look) {
    Table table({{"KEY", Align::Left, 1, 16},
                 {"HASH"},
                 {"OWNER", Align::Left, 2, 12},
                 {"PREFERENCE", Align::Left, 3, 20}});
    for (const Document& answer : lookup) {
        const std::string owner = text_at(answer, "owner");
        std::string preference;
        for (const std::string& name : texts_of(at(answer, "preference"))) {
            preference += (preference.empty() ? "" : ", ") + name;
        }
        table.add({{text_at(answer, "key")},
                   {text_at(answer, "hash")},
                   {text_or(owner, "nobody"), owner.empty() ? Style::Warning : Style::Plain},
                   {preference}});
    }
    return table.render(look);
}

std::string plan_text(const Document& plan, const Look& look) {
    std::string text = fmt::format(
        "{} of the keys would move; balance {} now, {} then\n", share_or_dash(plan, "moved_share"),
        balance_text(plan, "balance_before"), balance_text(plan, "balance_after"));
    Table table(
        {{"FROM", Align::Left, 1, 12}, {"TO", Align::Left, 1, 12}, {"SHARE", Align::Right}});
    for (const Document* const transfer : by_share(array_at(plan, "transfers"))) {
        table.add({{text_or(text_at(*transfer, "from"), "nobody")},
                   {text_or(text_at(*transfer, "to"), "nobody")},
                   {share_or_dash(*transfer, "share")}});
    }
    return text + (table.empty() ? std::string() : table.render(look));
}

std::vector<std::string> keys_of_lines(std::string_view text) {
    std::vector<std::string> keys;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (!line.empty()) {
            keys.emplace_back(line);
        }
    }
    return keys;
}

int run_ring(Session& session) {
    const Result<Document> ring = session.ask("ring", Document::value_t::object);
    if (!ring) {
        return session.fail(ring.error());
    }
    session.print(*ring, ring_text(*ring, session.console().look()));
    return array_at(*ring, "members").empty() ? kExitNo : kExitDone;
}

int run_ring_lookup(Session& session) {
    const auto keys = wanted_keys(session.options().keys);
    if (!keys) {
        return session.fail(keys.error());
    }
    const Result<Document> answers = look_up(session, *keys);
    if (!answers) {
        return session.fail(answers.error());
    }
    session.print(*answers, lookup_text(*answers, session.console().look()));
    const bool owned = std::all_of(answers->begin(), answers->end(), [](const Document& answer) {
        return !text_at(answer, "owner").empty();
    });
    return owned ? kExitDone : session.refuse("nobody is on the ring, so nobody owns a key");
}

int run_ring_plan(Session& session) {
    Document add = Document::array();
    for (const PlannedMember& planned : session.options().add) {
        Document member{{"name", planned.name}};
        if (planned.weight) {
            member["weight"] = *planned.weight;
        }
        if (planned.zone) {
            member["zone"] = *planned.zone;
        }
        add.push_back(std::move(member));
    }
    const Result<Document> plan =
        session.ask("ring_plan", Document::value_t::object,
                    {{"add", std::move(add)}, {"remove", session.options().remove}});
    if (!plan) {
        return session.fail(plan.error());
    }
    return session.print(*plan, plan_text(*plan, session.console().look()));
}

}  // namespace memberd::ctl
