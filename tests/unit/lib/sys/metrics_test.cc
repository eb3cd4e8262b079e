#include "lib/sys/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace fairlead::sys {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, RendersCountersWithHelpTypeAndLabels) {
  Metrics metrics;
  metrics.counter("fairlead_things_total", "Things that happened.", {{"kind", "a"}}).add(2);
  EXPECT_EQ(metrics.render(),
            "# HELP fairlead_things_total Things that happened.\n"
            "# TYPE fairlead_things_total counter\n"
            "fairlead_things_total{kind=\"a\"} 2\n");
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameSeries) {
  Metrics metrics;
  Counter& first = metrics.counter("fairlead_things_total", "Things.", {{"kind", "a"}});
  Counter& again = metrics.counter("fairlead_things_total", "Other words.", {{"kind", "a"}});
  Counter& other = metrics.counter("fairlead_things_total", "Things.", {{"kind", "b"}});
  EXPECT_EQ(&first, &again);
  EXPECT_NE(&first, &other);
  first.add(1);
  again.add(1);
  other.add(5);
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_things_total{kind=\"a\"} 2\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_things_total{kind=\"b\"} 5\n"));
  EXPECT_THAT(metrics.render(), Not(HasSubstr("Other words.")));
}

TEST(Metrics, GaugesGoUpAndDown) {
  Metrics metrics;
  Gauge& gauge = metrics.gauge("fairlead_level", "A level.", {});
  gauge.set(4);
  gauge.set(-1.5);
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_level -1.5\n"));
}

TEST(Metrics, HistogramsCountIntoRisingBuckets) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("fairlead_wait_seconds", "Waiting.", {}, {0.001, 0.01});
  histogram.observe(0.0005);
  histogram.observe(0.005);
  histogram.observe(5);
  const auto text = metrics.render();
  EXPECT_THAT(text, HasSubstr("fairlead_wait_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_wait_seconds_bucket{le=\"0.01\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_wait_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("fairlead_wait_seconds_count 3\n"));
}

// Text format 0.0.4: backslash, double quote and line feed of a label value are escaped.
TEST(Metrics, EscapesLabelValues) {
  Metrics metrics;
  metrics.gauge("fairlead_level", "A level.", {{"v", "a\\b\"c\nd"}}).set(1);
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_level{v=\"a\\\\b\\\"c\\nd\"} 1\n"));
}

TEST(Metrics, RemoveDropsOneSeriesAndLeavesTheOthers) {
  Metrics metrics;
  metrics.gauge("fairlead_level", "A level.", {{"group", "a"}}).set(1);
  metrics.gauge("fairlead_level", "A level.", {{"group", "b"}}).set(2);
  metrics.remove("fairlead_level", {{"group", "a"}});
  EXPECT_THAT(metrics.render(), Not(HasSubstr("group=\"a\"")));
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_level{group=\"b\"} 2\n"));
}

TEST(Metrics, RemovingWhatIsNotThereDoesNothing) {
  Metrics metrics;
  metrics.counter("fairlead_things_total", "Things.", {}).add(1);
  metrics.remove("fairlead_things_total", {{"group", "a"}});
  metrics.remove("fairlead_others_total", {});
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_things_total 1\n"));
}

TEST(Metrics, ARemovedSeriesStartsAgainFromZero) {
  Metrics metrics;
  metrics.counter("fairlead_things_total", "Things.", {{"group", "a"}}).add(7);
  metrics.remove("fairlead_things_total", {{"group", "a"}});
  metrics.counter("fairlead_things_total", "Things.", {{"group", "a"}}).add(1);
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_things_total{group=\"a\"} 1\n"));
}

TEST(Metrics, ManyThreadsMayMoveAndFindOneSeriesWhileItIsRendered) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) metrics.counter("fairlead_things_total", "Things.", {{"k", "v"}}).add(1);
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_THAT(metrics.render(), Not(HasSubstr("4001")));
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(metrics.render(), HasSubstr("fairlead_things_total{k=\"v\"} 4000\n"));
}

TEST(MetricsDeathTest, ALabelNameThatPrometheusRefusesIsOurBug) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Metrics metrics;
  EXPECT_DEATH(metrics.counter("fairlead_things_total", "Things.", {{"bad-name", "v"}}), "are_names");
  EXPECT_DEATH(metrics.counter("fairlead_things_total", "Things.", {{"__reserved", "v"}}), "are_names");
  EXPECT_DEATH(metrics.counter("fairlead things", "Things.", {}), "are_names");
}

TEST(MetricsDeathTest, OneNameWithTwoTypesIsOurBug) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Metrics metrics;
  metrics.counter("fairlead_things_total", "Things.", {}).add(1);
  EXPECT_DEATH(metrics.gauge("fairlead_things_total", "Things.", {}), "two types");
}

}  // namespace
}  // namespace fairlead::sys
