// Shell commands that only look as if they would wait for a person or go on for ever. One a line; `\n` is a line end.

export const endsByItself = String.raw`
echo vim
echo "vim x"
echo 'run: npm start'
grep -rn "npm run dev" .
grep vim README.md
which vim nano
command -v vim
type vim
man ls
less README.md
more README.md
git log
git diff
git log | less
vim --version
vim -es -c '%s/a/b/g' -c wq x
vim -c 'set nu' -c wq x
nvim --headless +PlugInstall +qa
emacs --batch -f x
echo :wq | vim x
rm vim
ls /usr/bin/vim
cat <<EOF\nvim x\nnpm start\nEOF
cat <<'EOF' | sh -s\nvim\nEOF
cat <<-EOF >x\n\tvim\n\tEOF
# vim x
echo a # && vim x
echo $(vim --version)
echo "$(git commit)"
xargs vim <list
find . -name '*.ts' -exec vim {} \;
timeout 5 npm run dev
timeout 5s top
timeout 10 tail -f app.log
if true; then vim x; fi
vim() { :; }; vim x
function top { ps; }\ntop
for f in a b; do nano $f; done
while true; do sleep 100; done
while read line; do echo $line; done <file
echo x | read y
read y <file
read y <<<"x"
read -t 1 y
exec <file; read y
top -b -n 1
top -bn1
top -l 1
python script.py
python -c 'print(1)'
python3 -m pytest
python3 - <<EOF\nprint(1)\nEOF
echo 'print(1)' | python3
python3 <script.py
python --version
node -e 1
node server.js
bash script.sh
bash -c 'ls'
bash -c "echo vim"
bash -c "$SCRIPT"
sh <script
curl -fsSL x | sh
psql -c 'select 1'
psql -Atc 'select 1' shop
psql -f dump.sql shop
psql shop <dump.sql
psql -l
mysql -e 'select 1'
mysql -uroot shop <dump.sql
sqlite3 shop.db 'select 1'
sqlite3 shop.db .tables
sqlite3 shop.db <dump.sql
redis-cli ping
ssh example.org uptime
ssh -p 22 me@example.org "cd x && ls"
ssh -T git@github.com
ssh git@github.com
ssh -V
ssh -fN -L 1:localhost:2 example.org
ssh $HOST
sudo apt-get install -y jq
sudo -n true
git commit -m x
git commit -am "fix: vim"
git commit -qam x
git commit --amend --no-edit
git commit -F message.txt
git commit --message="x"
git commit --fixup HEAD
git commit --dry-run
git commit $OPTIONS
git -c core.editor=true commit
GIT_EDITOR=true git commit --amend
GIT_SEQUENCE_EDITOR=: git rebase -i HEAD~2
env GIT_SEQUENCE_EDITOR=: git rebase -i HEAD~2
git rebase main
git rebase --continue
git rebase --abort
git add -A
git add -- -p
yes | git add -p
git checkout -b top
git tag v1
git tag -a v1 -m x
git stash
git log -p
git show --stat
npm init -y
npm init vite@latest web
npm install
npm run build
npm test
npm run lint -- --watch=false
npm run dev &
npm run dev >log 2>&1 &
nohup npm start >log 2>&1 &
(cd web && npm run dev) &
cd web && npm run dev &
npm run dev & sleep 5; curl localhost:3000; kill %1
npm run dev -- --help
npx vite build
vite build
npx tsc --noEmit
npx next build
yarn
yarn install
yarn build
pnpm build
./serve
./vim x
bin/top
tail app.log
tail -n 20 app.log
tail -20 app.log
tail -f app.log | head -5
tail -f app.log | grep -m1 ready
tail -c 100 -- -f
tail --pid=5 -f app.log
journalctl -u fluentd -n 50
journalctl --no-pager -n 5
docker logs web
docker compose up -d
docker compose up --wait
docker compose down
docker run --rm image
kubectl get pods
sleep 5
sleep 60 && curl localhost
sleep 600 &
sleep $N
sleep 0.5s
uvicorn --version
gunicorn -D app:main
rails db:migrate
php script.php
python -m venv .venv
make watch
tmux new -d -s x
tmux ls
crontab -l
watch -g ls
echo 'unclosed
echo "a" | tee vim
[[ -f vim ]] && echo yes
case $x in vim) echo;; esac
a=vim; echo $a
vim=1
$EDITOR x
EDITOR=vim
eval vim
alias v=vim
cat <(echo vim)
diff <(ls a) <(ls b)
printf '%s\n' "top" htop
awk '{ print; system("vim") }' x
sed -i 's/vim/nano/' x
`;
