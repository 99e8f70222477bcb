// Shell commands of every day that would wait for a person, or go on for ever. One a line; `\n` in a line is a line end.

export const waitsForPerson = String.raw`
vim notes.txt
vi
nvim src/app.ts
/usr/bin/vim notes.txt
nano notes.txt
emacs notes.txt
cd src && vim app.ts
cd src; nano app.ts
ls | grep x; vim y
EDITOR=vim vim x
env FOO=1 vim x
env -u FOO -i A=b vim x
sudo vim /etc/hosts
sudo -u nobody nano x
nohup vim x
(cd src && vim app.ts)
{ vim x; }
bash -c 'vim notes.txt'
bash -lc "cd src && nano app.ts"
cat <<EOF >x\nhello\nEOF\nvim x
echo a # note\nvim x
true && \\nvim x
! vim x
time vim x
vim "$(pwd)"/x; vim x
vim x &
top
top -d 5
htop
btop
watch ls
watch -n 1 "ps aux"
tig
lazygit
tmux
tmux attach
python
python3
python3 -i
node
irb
ipython
bash
sh
psql
psql -d shop
psql -h localhost -U postgres shop
mysql
mysql -u root shop
sqlite3
sqlite3 shop.db
redis-cli
mongosh
ssh example.org
ssh -p 2222 -i key me@example.org
ssh -A example.org
git rebase -i HEAD~3
git rebase --interactive main
git -C web rebase -i main
git add -p
git add -i
git add --patch src
git add -e
git commit
git commit -a
git commit --amend
git add . && git commit
git -c user.name=x commit -a
git commit -p -m x
git checkout -p
git reset -p
git stash -p
git tag -a v1
npm init
yarn init
read answer
read -p "sure? " answer
crontab -e
`;

export const neverEnds = String.raw`
tail -f app.log
tail -F app.log
tail -n 100 -f app.log
tail -100f app.log
tail --follow=name app.log
cd logs && tail -f app.log
journalctl -f
journalctl -u nginx -f
journalctl -fu nginx
dmesg -w
docker logs -f web
docker compose logs -f
kubectl logs -f pod/web
kubectl port-forward svc/web 8080:80
kubectl get pods -w
sleep 120
sleep 600
sleep 1h
sleep infinity
sleep 100 30
npm run dev
npm start
npm run start
npm run dev -- --port 3000
npm --prefix web run dev
cd web && npm run dev
cd web && npm install && npm run dev
PORT=3000 npm start
pnpm dev
pnpm --filter web dev
yarn dev
yarn start
bun run dev
bun dev
npx vite
npx -y vite --port 3000
vite
vite preview
node_modules/.bin/vite
npx next dev
next dev -p 3000
npx astro dev
npx http-server -p 8080
npx tsc --watch
tsc -w
nodemon server.js
python -m http.server
python3 -m http.server 8000
python manage.py runserver
uv run uvicorn app:main
flask run
flask --app web run --port 5000
uvicorn app:main --reload
gunicorn -w 4 app:main
poetry run flask run
bundle exec rails server
rails s
hugo server
mkdocs serve
php -S localhost:8000
docker compose up
docker compose -f dev.yml up web
docker-compose up
redis-server
deno task dev
deno serve main.ts
ollama serve
bash -c "npm run dev"
(cd web; npm run dev)
`;
