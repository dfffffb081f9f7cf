int hotloop_test_nothing;
