package main

func networkMain() {}
