#include "cli/ctl/info.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "cli/ctl/format.hpp"
#include "cli/ctl/session.hpp"
#include "cli/ctl/text.hpp"

namespace memberd::ctl {
namespace {

constexpr std::size_t kLabelColumns = 14;

// Collects "label  value" lines; values that say nothing are left out.
class Facts {
  public:
    explicit Facts(const Look& look) : look_(look) {}

    void add(std::string_view label, const std::string& value, Style style = Style::Plain) {
        if (value.empty()) {
            return;
        }
        const std::string shown =
            shortened(printable(value), look_.columns - std::min(look_.columns, kLabelColumns));
        text_ += fmt::format("{:<{}}{}\n", label, kLabelColumns, styled(shown, style, look_));
    }

    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    const Look& look_;
    std::string text_;
};

std::string count_or_dash(const Document& document, std::string_view key) {
    const auto count = count_at(document, key);
    return count ? std::to_string(*count) : "-";
}

std::string joined_text(const std::vector<std::string>& parts, std::string_view between) {
    std::string result;
    for (const std::string& part : parts) {
        if (!part.empty()) {
            result += (result.empty() ? std::string() : std::string(between)) + part;
        }
    }
    return result;
}

void add_identity(const Document& info, Facts& facts) {
    facts.add("name", text_at(info, "name"), Style::Strong);
    facts.add("id",
              fmt::format("{}, generation {}, incarnation {}", text_at(info, "id"),
                          count_or_dash(info, "generation"), count_or_dash(info, "incarnation")));
    const std::string address = text_at(info, "address");
    const std::string bind = text_at(info, "bind");
    facts.add("address", bind.empty() || bind == address
                             ? address
                             : fmt::format("{} (bound to {})", address, bind));
    facts.add("cluster", text_at(info, "cluster"));
    facts.add("zone", text_at(info, "zone"));
    const auto weight = number_at(info, "weight");
    facts.add("weight", weight ? weight_text(*weight) : "");
    facts.add("tags", tags_text(at(info, "tags")));
    const auto uptime = number_at(info, "uptime_s");
    const auto started = time_at(info, "started");
    if (uptime) {
        facts.add("up for", duration_text(from_seconds(std::min(*uptime, 1e9))) +
                                (started ? ", since " + date_text(*started) : ""));
    }
}

void add_cluster(const Document& info, Facts& facts) {
    const Document& members = at(info, "members");
    std::string counts;
    bool sick = false;
    for (const std::string_view state : {"alive", "suspect", "dead", "left"}) {
        const std::uint64_t count = count_at(members, state).value_or(0);
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, state);
        sick = sick || (count > 0 && (state == "suspect" || state == "dead"));
    }
    facts.add("members", counts, sick ? Style::Warning : Style::Plain);
    const bool alone = at(info, "joined").is_boolean() && !true_at(info, "joined");
    facts.add("joined", alone ? "no: alone until a seed answers" : "yes",
              alone ? Style::Warning : Style::Plain);
    for (const Document& seed : array_at(info, "seeds")) {
        const std::string error = text_at(seed, "error");
        const std::string resolved = joined_text(texts_of(at(seed, "resolved")), " ");
        const std::string address = text_at(seed, "address");
        const std::string more = !error.empty()                            ? ": " + error
                                 : resolved.empty() || resolved == address ? ""
                                                                           : " = " + resolved;
        facts.add("seed", address + more, error.empty() ? Style::Plain : Style::Warning);
    }
}

void add_health(const Document& info, Facts& facts) {
    facts.add("health", text_at(info, "health"),
              text_at(info, "health") == "ready" ? Style::Plain : Style::Warning);
    const auto local = number_at(info, "local_health");
    const std::string doubt = text_at(info, "doubt");
    if (local) {
        const bool well = *local == 0 && doubt.empty();
        facts.add("local health",
                  weight_text(*local) + (well            ? " (well)"
                                         : doubt.empty() ? " (slower than it should be)"
                                                         : " (in doubt: " + doubt + ")"),
                  well ? Style::Good : Style::Warning);
    }
    const auto agreement = number_at(info, "agreement");
    facts.add("ring digest", text_at(info, "ring_digest"));
    if (agreement) {
        const auto equal = count_at(info, "digests_equal");
        const auto heard = count_at(info, "digests_heard");
        facts.add("agreement",
                  share_text(*agreement) +
                      (equal && heard ? fmt::format(" ({} of the {} members heard from lately)",
                                                    *equal, *heard)
                                      : ""),
                  *agreement < 1 ? Style::Warning : Style::Good);
    }
    facts.add("view digest", text_at(info, "view_digest"));
}

std::string versions_text(const Document& versions) {
    std::vector<std::string> parts;
    if (versions.is_object()) {
        for (const auto& [key, value] : versions.items()) {
            std::string name = key;
            std::replace(name.begin(), name.end(), '_', ' ');
            parts.push_back(name + ' ' +
                            (value.is_string()
                                 ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, Document::error_handler_t::replace)));
        }
    }
    return joined_text(parts, ", ");
}

}  // namespace

std::string info_text(const Document& info, const Look& look) {
    Facts facts(look);
    add_identity(info, facts);
    add_cluster(info, facts);
    add_health(info, facts);
    facts.add("detection",
              joined_text({text_at(info, "detection"), text_at(info, "profile")}, ", profile "));
    facts.add("changes", fmt::format("{}, epoch {}", count_or_dash(info, "seq"),
                                     count_or_dash(info, "epoch")));
    facts.add("runtime dir", text_at(info, "runtime_dir"));
    const Document& data = at(info, "data_dir");
    const std::string data_error = text_at(data, "error");
    facts.add("data dir",
              data.is_null() ? "none: nothing survives a restart"
                             : joined_text({text_at(data, "path"), data_error}, ": "),
              data_error.empty() ? Style::Plain : Style::Bad);
    facts.add("versions", versions_text(at(info, "versions")));
    return facts.text();
}

std::string version_text(const Document& agent) {
    const std::string theirs = versions_text(agent);
    return "memberctl " MEMBERD_VERSION "\nagent: " +
           (theirs.empty() ? std::string("none answers") : printable(theirs)) + '\n';
}

Document version_document(const Document& agent) {
    return Document{{"memberctl", MEMBERD_VERSION}, {"agent", agent}};
}

int run_info(Session& session) {
    const Result<Document> info = session.ask("info", Document::value_t::object);
    if (!info) {
        return session.fail(info.error());
    }
    return session.print(*info, info_text(*info, session.console().look()));
}

// That no agent is there is no failure: the question was for versions, and one is known.
int run_version(Session& session) {
    const Result<Document> agent = session.ask("version", Document::value_t::object);
    const Document known = agent ? *agent : Document();
    return session.print(version_document(known), version_text(known));
}

}  // namespace memberd::ctl
