#!/usr/bin/env node
import "./code.ts";
