/** What the synthetic voices say, by language and part. Written for this corpus. */
export const PARTS = [
  "hello",
  "name",
  "business",
  "long",
  "short",
  "ivr",
  "screening",
  "announcement",
] as const;

export type Part = (typeof PARTS)[number];

export const PHRASES: Readonly<Record<string, Readonly<Record<Part, readonly string[]>>>> = {
  en: {
    hello: ["Hello?", "Yes?", "Hi.", "Hello, hello?", "Speaking."],
    name: ["Hello, this is Daniel.", "Mary speaking.", "Hi, it's Tom."],
    business: [
      "Good morning, Riverside Dental, how can I help you?",
      "Miller and Sons, this is Karen, what can I do for you?",
    ],
    long: [
      "Hi, you've reached Tom Parker. I can't come to the phone right now. Please leave your name and number after the tone and I'll call you back.",
      "You have reached the voice mailbox of the Parkers. We are not at home. Please leave a message after the beep.",
      "The person you are calling is not available. At the tone, please record your message. When you have finished recording, you may hang up.",
      "Your call has been forwarded to an automatic voice message system.",
    ],
    short: [
      "Leave a message after the tone.",
      "It's Sam. You know what to do.",
      "Please leave a message.",
    ],
    ivr: [
      "Thank you for calling Northern Bank. For English, press one. For sales, press two. For support, press three. To hear these options again, press star.",
      "Welcome. If you know your party's extension, you may dial it at any time. Otherwise, please stay on the line.",
    ],
    screening: [
      "Hi, if you record your name and reason for calling, I'll see if this person is available.",
      "The person you're calling is using a screening service and will get a copy of this conversation. Go ahead and say your name and why you're calling.",
    ],
    announcement: [
      "We're sorry. The number you have dialed is not in service. Please check the number and dial again.",
      "The number you have reached has been changed. The new number is five five five, zero one two three.",
      "All circuits are busy now. Please try your call again later.",
    ],
  },
  es: {
    hello: ["¿Hola?", "¿Diga?", "¿Bueno?", "Sí, dígame."],
    name: ["Hola, soy Daniel.", "Sí, habla María."],
    business: ["Buenos días, clínica San Marcos, ¿en qué puedo ayudarle?"],
    long: [
      "Hola, soy Carlos. Ahora mismo no puedo contestar. Por favor, deja tu mensaje después de la señal y te llamaré.",
      "El teléfono al que llama está apagado o fuera de cobertura. Deje su mensaje después de oír la señal.",
    ],
    short: ["Deje su mensaje después de la señal."],
    ivr: [
      "Bienvenido. Para ventas, marque uno. Para soporte técnico, marque dos. Para hablar con un operador, marque cero.",
    ],
    screening: [
      "Hola, por favor diga su nombre y el motivo de su llamada, y veré si esta persona está disponible.",
    ],
    announcement: [
      "El número que usted ha marcado no existe. Por favor, compruebe el número y vuelva a llamar.",
    ],
  },
  fr: {
    hello: ["Allô ?", "Oui ?", "Oui, allô ?"],
    name: ["Allô, c'est Daniel.", "Oui, Marie à l'appareil."],
    business: ["Cabinet du docteur Martin, bonjour, que puis-je faire pour vous ?"],
    long: [
      "Bonjour, vous êtes bien chez Paul. Je ne suis pas disponible pour le moment. Laissez-moi un message après le bip et je vous rappellerai.",
      "Bonjour, vous êtes sur la messagerie vocale. Veuillez laisser votre message après le signal sonore.",
    ],
    short: ["Laissez un message après le bip."],
    ivr: [
      "Bienvenue. Pour le service commercial, tapez un. Pour l'assistance technique, tapez deux. Pour réécouter ce menu, tapez étoile.",
    ],
    screening: [
      "Bonjour, veuillez indiquer votre nom et la raison de votre appel, je vais voir si la personne est disponible.",
    ],
    announcement: [
      "Le numéro que vous avez composé n'est pas attribué. Veuillez consulter l'annuaire ou le service de renseignements.",
    ],
  },
  de: {
    hello: ["Hallo?", "Ja?", "Ja, bitte?", "Ja, hallo?"],
    name: ["Müller.", "Hallo, hier ist Daniel.", "Schneider, guten Tag."],
    business: ["Praxis Doktor Weber, guten Tag, was kann ich für Sie tun?"],
    long: [
      "Guten Tag, hier ist der Anrufbeantworter der Familie Becker. Wir sind gerade nicht zu Hause. Bitte hinterlassen Sie eine Nachricht nach dem Signalton.",
      "Der gewünschte Gesprächspartner ist zur Zeit nicht erreichbar. Sie können nach dem Ton eine Nachricht hinterlassen.",
    ],
    short: ["Bitte sprechen Sie nach dem Ton."],
    ivr: [
      "Willkommen. Für Fragen zu Ihrer Rechnung drücken Sie die eins. Für technische Fragen drücken Sie die zwei. Für alles andere bleiben Sie in der Leitung.",
    ],
    screening: [
      "Hallo, bitte nennen Sie Ihren Namen und den Grund Ihres Anrufs, dann sehe ich nach, ob die Person zu sprechen ist.",
    ],
    announcement: ["Die gewählte Rufnummer ist nicht vergeben. Bitte rufen Sie die Auskunft an."],
  },
  it: {
    hello: ["Pronto?", "Sì?", "Pronto, chi parla?"],
    name: ["Pronto, sono Marco.", "Sì, sono Anna."],
    business: ["Studio medico Rossi, buongiorno, come posso aiutarla?"],
    long: [
      "Ciao, sono Luca. In questo momento non posso rispondere. Lascia un messaggio dopo il segnale acustico e ti richiamerò appena possibile.",
    ],
    short: ["Lasciate un messaggio dopo il bip."],
    ivr: [
      "Benvenuto. Per informazioni commerciali, prema uno. Per assistenza tecnica, prema due. Per parlare con un operatore, prema zero.",
    ],
    screening: [
      "Salve, indichi il suo nome e il motivo della chiamata e verificherò se la persona è disponibile.",
    ],
    announcement: [
      "Il numero da lei chiamato è inesistente. La preghiamo di verificare il numero e richiamare.",
    ],
  },
  pt: {
    hello: ["Alô?", "Sim?", "Estou, sim?"],
    name: ["Alô, aqui é o João."],
    business: ["Clínica Boa Vista, bom dia, em que posso ajudar?"],
    long: [
      "Olá, você ligou para a Ana. Não posso atender agora. Por favor, deixe o seu recado após o sinal que eu retorno a ligação.",
    ],
    short: ["Deixe o seu recado após o sinal."],
    ivr: [
      "Bem-vindo. Para vendas, digite um. Para suporte técnico, digite dois. Para falar com um atendente, digite nove.",
    ],
    screening: [
      "Olá, por favor diga o seu nome e o motivo da ligação, e vou ver se a pessoa está disponível.",
    ],
    announcement: ["O número chamado não existe. Por favor, verifique o número e tente novamente."],
  },
  nl: {
    hello: ["Hallo?", "Ja?", "Met Jan."],
    name: ["Goedemiddag, met Daniel."],
    business: ["Tandartspraktijk De Vries, goedemorgen, waarmee kan ik u helpen?"],
    long: [
      "Hallo, dit is het antwoordapparaat van de familie Jansen. We zijn er nu niet. Spreek een bericht in na de piep, dan bellen we terug.",
    ],
    short: ["Spreek in na de piep."],
    ivr: [
      "Welkom. Voor verkoop, toets één. Voor technische hulp, toets twee. Blijf anders aan de lijn.",
    ],
    screening: [
      "Hallo, zeg alstublieft uw naam en waarvoor u belt, dan kijk ik of deze persoon beschikbaar is.",
    ],
    announcement: [
      "Het nummer dat u gekozen heeft is niet in gebruik. Controleer het nummer en probeer het opnieuw.",
    ],
  },
  ru: {
    hello: ["Алло?", "Да?", "Да, слушаю."],
    name: ["Алло, это Иван."],
    business: ["Стоматология на Речной, добрый день, чем могу помочь?"],
    long: [
      "Здравствуйте, вы позвонили Ивану. Сейчас я не могу ответить. Пожалуйста, оставьте сообщение после сигнала.",
    ],
    short: ["Оставьте сообщение после сигнала."],
    ivr: [
      "Добро пожаловать. Для связи с отделом продаж нажмите один. Для технической поддержки нажмите два.",
    ],
    screening: [
      "Здравствуйте, назовите ваше имя и причину звонка, и я узнаю, свободен ли абонент.",
    ],
    announcement: ["Набранный вами номер не существует. Проверьте номер и перезвоните."],
  },
  pl: {
    hello: ["Halo?", "Tak?", "Słucham?"],
    name: ["Halo, mówi Tomek.", "Kowalska, słucham."],
    business: ["Dzień dobry, gabinet doktora Nowaka, w czym mogę pomóc?"],
    long: [
      "Dzień dobry, dodzwoniłeś się do Marka. Nie mogę teraz odebrać. Zostaw wiadomość po sygnale, oddzwonię.",
      "Abonent jest czasowo niedostępny. Prosimy zostawić wiadomość po usłyszeniu sygnału.",
    ],
    short: ["Proszę zostawić wiadomość."],
    ivr: [
      "Witamy. Aby połączyć się z działem sprzedaży, wybierz jeden. Aby uzyskać pomoc techniczną, wybierz dwa. Aby wysłuchać ponownie, wybierz gwiazdkę.",
    ],
    screening: [
      "Dzień dobry, proszę podać imię i powód rozmowy, a sprawdzę, czy ta osoba może odebrać.",
    ],
    announcement: ["Wybrany numer nie istnieje. Prosimy sprawdzić numer i spróbować ponownie."],
  },
  tr: {
    hello: ["Alo?", "Efendim?", "Buyurun?"],
    name: ["Alo, ben Mehmet.", "Efendim, Ayşe ben."],
    business: ["İyi günler, Deniz diş kliniği, size nasıl yardımcı olabilirim?"],
    long: [
      "Merhaba, Ali'yi aradınız. Şu anda telefona bakamıyorum. Lütfen sinyal sesinden sonra mesajınızı bırakın, sizi ararım.",
      "Aradığınız kişiye şu anda ulaşılamıyor. Sinyal sesinden sonra mesaj bırakabilirsiniz.",
    ],
    short: ["Sinyalden sonra mesaj bırakın."],
    ivr: [
      "Hoş geldiniz. Satış için bire basın. Teknik destek için ikiye basın. Müşteri temsilcisine bağlanmak için sıfıra basın.",
    ],
    screening: [
      "Merhaba, lütfen adınızı ve arama nedeninizi söyleyin, müsait olup olmadığına bakayım.",
    ],
    announcement: [
      "Aradığınız numara kullanılmamaktadır. Lütfen numarayı kontrol edip tekrar deneyin.",
    ],
  },
  sv: {
    hello: ["Hallå?", "Ja?", "Hej."],
    name: ["Hej, det är Erik.", "Anna Lindberg."],
    business: ["God morgon, Folktandvården, vad kan jag hjälpa till med?"],
    long: [
      "Hej, du har kommit till Lars. Jag kan inte svara just nu. Lämna ett meddelande efter tonen så ringer jag upp.",
      "Personen du söker kan inte svara. Tala in ett meddelande efter tonen.",
    ],
    short: ["Tala efter tonen."],
    ivr: [
      "Välkommen. För försäljning, tryck ett. För support, tryck två. För att höra alternativen igen, tryck stjärna.",
    ],
    screening: ["Hej, säg ditt namn och varför du ringer, så ser jag om personen kan svara."],
    announcement: ["Numret du har ringt har ingen abonnent. Kontrollera numret och försök igen."],
  },
  id: {
    hello: ["Halo?", "Ya?", "Halo, selamat pagi?"],
    name: ["Halo, ini Budi.", "Ya, saya Sari."],
    business: ["Selamat pagi, klinik Sehat Jaya, ada yang bisa kami bantu?"],
    long: [
      "Halo, Anda menghubungi Budi. Saya tidak bisa menjawab sekarang. Silakan tinggalkan pesan setelah nada berikut.",
      "Nomor yang Anda tuju sedang tidak aktif. Silakan tinggalkan pesan setelah nada.",
    ],
    short: ["Silakan tinggalkan pesan."],
    ivr: [
      "Selamat datang. Untuk penjualan, tekan satu. Untuk bantuan teknis, tekan dua. Untuk berbicara dengan petugas, tekan nol.",
    ],
    screening: [
      "Halo, sebutkan nama dan keperluan Anda, saya akan lihat apakah orang ini bisa menjawab.",
    ],
    announcement: [
      "Nomor yang Anda hubungi tidak terdaftar. Silakan periksa kembali nomor tujuan Anda.",
    ],
  },
  cmn: {
    hello: ["喂？", "你好。", "喂，你好？"],
    name: ["喂，我是王明。", "你好，我是李华。"],
    business: ["您好，这里是阳光诊所，请问有什么可以帮您？"],
    long: [
      "您好，您拨打的用户暂时无法接听。请在提示音后留言，录音完毕后挂机即可。",
      "你好，我是王明，现在不方便接电话。请留下您的姓名和号码，我会尽快回复。",
    ],
    short: ["请在提示音后留言。"],
    ivr: ["欢迎致电。业务咨询请按一，技术支持请按二，投诉建议请按三，人工服务请按零。"],
    screening: ["您好，请说出您的姓名和来电原因，我看看对方是否方便接听。"],
    announcement: ["您拨打的号码是空号，请核对后再拨。"],
  },
};
