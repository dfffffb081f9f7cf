#include <gtest/gtest.h>

#include <set>

#include "collectors/cupti/api_list.h"

namespace hotloop::cupti {
namespace {

using ring::ApiClass;

TEST(ApiList, NoCallTwice) {
  for (const auto list : {runtimeApis(), driverApis()}) {
    std::set<CUpti_CallbackId> ids;
    for (const ApiEntry &entry : list) EXPECT_TRUE(ids.insert(entry.id).second) << entry.id;
  }
}

// nvcc 13 compiles <<<>>> to __cudaLaunchKernel (505); Triton launches through the driver.
TEST(ApiList, EveryWayToLaunch) {
  for (const CUpti_CallbackId id : {211u, 214u, 269u, 270u, 311u, 312u, 430u, 431u, 505u, 506u})
    EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_RUNTIME_API, id), ApiClass::kLaunch) << id;
  for (const CUpti_CallbackId id : {307u, 442u, 477u, 478u, 514u, 515u, 652u, 653u})
    EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_DRIVER_API, id), ApiClass::kLaunch) << id;
}

TEST(ApiList, WhatWaitsAndWhatAllocates) {
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_RUNTIME_API, 131), ApiClass::kSync);
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_RUNTIME_API, 165), ApiClass::kSync);
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_RUNTIME_API, 31), ApiClass::kBlockingCopy);
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_RUNTIME_API, 20), ApiClass::kMemory);
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_DRIVER_API, 549), ApiClass::kMemory);
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_RUNTIME_API, 443), ApiClass::kGraph);
}

TEST(ApiList, UnknownCallsAreOther) {
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_RUNTIME_API, 0), ApiClass::kOther);
  EXPECT_EQ(classOf(CUPTI_CB_DOMAIN_DRIVER_API, 4'000'000'000u), ApiClass::kOther);
}

// cudaGetDevice, cudaGetLastError, cudaEventQuery, cudaStreamQuery: made all the time.
TEST(ApiList, NoiseIsLeftOut) {
  for (const ApiEntry &entry : runtimeApis())
    for (const CUpti_CallbackId noise : {17u, 10u, 138u, 132u}) EXPECT_NE(entry.id, noise);
}

} // namespace
} // namespace hotloop::cupti
