import { storage } from "../../suites/storage/index.js"
import { libsql } from "./support/store.js"

storage(libsql)
