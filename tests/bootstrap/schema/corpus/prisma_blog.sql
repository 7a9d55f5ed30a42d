-- As Prisma writes a schema: quoted names in capitals, enumerations, text keys, join tables with A and B.
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN', 'EDITOR');
CREATE TYPE "PostStatus" AS ENUM ('Draft', 'In Review', 'Published');

CREATE TABLE "User" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "displayName" VARCHAR(120),
    "role" "Role" NOT NULL DEFAULT 'USER',
    "roles" "Role"[] DEFAULT ARRAY['USER']::"Role"[],
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Post" (
    "id" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "title" VARCHAR(255) NOT NULL,
    "body" TEXT,
    "meta" JSONB NOT NULL DEFAULT '{}',
    "status" "PostStatus" NOT NULL DEFAULT 'Draft',
    "views" BIGINT NOT NULL DEFAULT 0,
    "price" DECIMAL(65,30) NOT NULL DEFAULT 0.0,
    "cover" BYTEA,
    "authorEmail" TEXT NOT NULL,
    "order" INTEGER NOT NULL DEFAULT 0,
    "parentId" TEXT,
    CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Category" ("id" SERIAL NOT NULL, "name" TEXT NOT NULL, CONSTRAINT "Category_pkey" PRIMARY KEY ("id"));
CREATE TABLE "_CategoryToPost" ("A" INTEGER NOT NULL, "B" TEXT NOT NULL);
CREATE TABLE "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE "Select" ("from" TEXT NOT NULL, "where" INTEGER, "Group By" TEXT, "semi;colon" TEXT, "dot.ted" TEXT,
    "per%cent" TEXT, "quo""te" TEXT, CONSTRAINT "Select_pkey" PRIMARY KEY ("from"));
CREATE TABLE "select" ("id" INTEGER NOT NULL, CONSTRAINT "select_pkey" PRIMARY KEY ("id"));

CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE UNIQUE INDEX "Post_slug_key" ON "Post"("slug");
CREATE INDEX "Post_authorEmail_status_idx" ON "Post"("authorEmail", "status" DESC);
CREATE INDEX "Post_meta_idx" ON "Post" USING GIN ("meta");
CREATE UNIQUE INDEX "_CategoryToPost_AB_unique" ON "_CategoryToPost"("A", "B");
CREATE INDEX "_CategoryToPost_B_index" ON "_CategoryToPost"("B");
CREATE INDEX "Select_Group By_idx" ON "Select"("Group By", "semi;colon", lower("dot.ted"));

ALTER TABLE "Post" ADD CONSTRAINT "Post_authorEmail_fkey" FOREIGN KEY ("authorEmail") REFERENCES "User"("email") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Post" ADD CONSTRAINT "Post_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Post"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "_CategoryToPost" ADD CONSTRAINT "_CategoryToPost_A_fkey" FOREIGN KEY ("A") REFERENCES "Category"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_CategoryToPost" ADD CONSTRAINT "_CategoryToPost_B_fkey" FOREIGN KEY ("B") REFERENCES "Post"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Select" ADD CONSTRAINT "Select_where_fkey" FOREIGN KEY ("where") REFERENCES "select"("id");

CREATE FUNCTION "touchUpdatedAt"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."updatedAt" := now();
    RETURN NEW;
END $$;
CREATE TRIGGER "User touch" BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION "touchUpdatedAt"();
CREATE VIEW "PublishedPost" AS SELECT p."id", p."title", u."displayName" AS "author", p."order"
    FROM "Post" p JOIN "User" u ON u."email" = p."authorEmail" WHERE p."status" = 'Published';
CREATE VIEW "A-Top" AS SELECT "id", "author" FROM "PublishedPost";
CREATE VIEW "PostAuthors" AS SELECT "title", u.* FROM "A-Top" t JOIN "PublishedPost" USING ("id") JOIN "User" u ON u."displayName" = t."author";
COMMENT ON TABLE "User" IS E'one line\nand another with a \\ and a ''quote''';
COMMENT ON COLUMN "Select"."Group By" IS 'a | pipe, a `tick`, <b>bold</b>';
COMMENT ON TYPE "Role" IS 'what somebody may do';
